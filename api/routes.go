package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"relink/internal/signin"
)

// Access says who may call a route: one of the constants here, or a scope of the table of roles.
type Access string

const (
	// PlaidSigned is whoever carries Plaid's signature, for this deployment's environment.
	PlaidSigned Access = "plaid signed"
	// DeepLink is whoever holds a deep link that is not over.
	DeepLink Access = "deep link"
	// PastLink is whoever holds a deep link, over or not; who holds none is answered the same, and moves nothing.
	PastLink Access = "deep link, though over"
	// LinkCookie is whoever comes back in the browser that Link was opened in, or signed in as its merchant. Who does not
	// is told to open the mail again.
	LinkCookie Access = "cookie of the opened link"
	// StopLink is whoever holds the link to unsubscribe of a mail, at any time; who holds none is answered the same, and
	// changes nothing.
	StopLink Access = "unsubscribe link"
	// Anyone is everybody: what is answered says nothing of anybody, and changes nothing but the caller's own session.
	Anyone Access = "anyone"
)

// Scope is whoever has been granted the scope, by a bearer token or by signing in.
func Scope(scope string) Access { return Access("scope " + scope) }

// Route is one line of the table of routes.
type Route struct {
	Pattern string // "GET /v1/items/{id}"
	Access  Access
}

type handler func(w http.ResponseWriter, r *http.Request) error

type route struct {
	Route
	answer answerer // of errors
	handle handler
}

// table is every route there is: nothing is answered that does not stand here, and nobody is let in whom its line does
// not name.
func (s *Server) table() []route {
	routes := []route{
		{Route{"POST /webhooks/plaid/{environment}", PlaidSigned}, plain, s.receiveWebhook},

		{Route{"GET /relink/assets/", Anyone}, plain, files(s.Pages.Assets())},
		{Route{"GET /relink/{token}", DeepLink}, s.problemPage, s.showRelink},
		{Route{"POST /relink/{token}/link-token", DeepLink}, problem, s.mintLinkToken},
		{Route{"POST /relink/{token}/complete", DeepLink}, problem, s.completeLink},
		{Route{"POST /relink/{token}/exit", DeepLink}, problem, s.exitLink},
		{Route{"POST /relink/{token}/events", DeepLink}, problem, s.keepEvent},
		{Route{"POST /relink/{token}/resume", DeepLink}, problem, s.resumeLink},
		{Route{"POST /relink/{token}/fresh", PastLink}, s.problemPage, s.mailFresh},
		{Route{"GET " + returnPath, LinkCookie}, s.problemPage, s.showReturn},

		{Route{"GET /unsubscribe/{token}", StopLink}, s.problemPage, s.showUnsubscribe},
		{Route{"POST /unsubscribe/{token}", StopLink}, s.problemPage, s.unsubscribe},
	}
	if s.Bearer != nil {
		routes = append(routes, []route{
			{Route{"POST /v1/link-tokens", Scope(signin.ItemsWrite)}, problem, s.once(s.mintFirstLink)},
			{Route{"POST /v1/items", Scope(signin.ItemsWrite)}, problem, s.once(s.enrolItem)},
			{Route{"GET /v1/items/{id}", Scope(signin.ItemsRead)}, problem, s.showItem},
			{Route{"DELETE /v1/items/{id}", Scope(signin.ItemsWrite)}, problem, s.removeItem},
			{Route{"POST /v1/items/{id}/access-token", Scope(signin.ItemsAccessToken)}, problem, s.showAccessToken},
			{Route{"GET /v1/items/{id}/timeline", Scope(signin.ItemsRead)}, problem, s.showTimeline},
			{Route{"PATCH /v1/merchants/{id}", Scope(signin.ItemsWrite)}, problem, s.changeMerchant},
			{Route{"DELETE /v1/merchants/{id}", Scope(signin.ItemsWrite)}, problem, s.eraseMerchant},

			{Route{"POST /v1/mail-bounces", Scope(signin.MailsWrite)}, problem, s.takeBounce},

			{Route{"GET /v1/dead-letters", Scope(signin.OpsRead)}, problem, s.listDeadLetters},
			{Route{"GET /v1/dead-letters/{id}", Scope(signin.OpsRead)}, problem, s.showDeadLetter},
			{Route{"POST /v1/dead-letters/{id}/replay", Scope(signin.OpsAct)}, problem, s.orderOne(s.replay)},
			{Route{"POST /v1/dead-letters/{id}/discard", Scope(signin.OpsAct)}, problem, s.orderOne(s.discard)},
			{Route{"POST /v1/dead-letters/replay", Scope(signin.OpsAct)}, problem, s.orderMany(s.replay)},
			{Route{"POST /v1/dead-letters/discard", Scope(signin.OpsAct)}, problem, s.orderMany(s.discard)},
		}...)
	}
	if s.Web != nil {
		routes = append(routes, []route{
			{Route{"GET /signin", Anyone}, s.peoplePage, s.beginSignIn},
			{Route{"GET " + signin.CallbackPath, Anyone}, s.peoplePage, s.finishSignIn},
			{Route{"GET /signout", Anyone}, s.peoplePage, s.showSignedOut},
			{Route{"POST /signout", Anyone}, s.peoplePage, s.signOut},

			{Route{"GET /ops/assets/", Anyone}, plain, files(s.Ops.Assets())},
			{Route{"GET /ops", Scope(signin.ItemsRead)}, s.peoplePage, s.showOverview},
			{Route{"GET /ops/items/{id}", Scope(signin.ItemsRead)}, s.peoplePage, s.showItemPage},
		}...)
	}
	return routes
}

// files lets a handler of files stand in the table.
func files(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// Routes answers every route and who may call it.
func (s *Server) Routes() []Route {
	var routes []Route
	for _, r := range s.table() {
		routes = append(routes, r.Route)
	}
	return routes
}

// checkRoutes refuses a line that says nothing about who may call, or that names a scope which no role has.
func checkRoutes(routes []Route) error {
	known := []Access{PlaidSigned, DeepLink, PastLink, LinkCookie, StopLink, Anyone}
	for _, role := range signin.Roles() {
		for _, scope := range role.Scopes {
			known = append(known, Scope(scope))
		}
	}
	for _, r := range routes {
		if !slices.Contains(known, r.Access) {
			return fmt.Errorf("route %s: nobody is %q", r.Pattern, r.Access)
		}
		if method, _, ok := strings.Cut(r.Pattern, " "); !ok || method != strings.ToUpper(method) {
			return fmt.Errorf("route %s names no method", r.Pattern)
		}
	}
	return nil
}

// Handler answers what the internet may ask.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.table() {
		mux.HandleFunc(r.Pattern, s.serve(r))
	}
	return s.Watch.Requests(mux)
}
