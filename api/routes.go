package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"relink/api/web"
	"relink/internal/signin"
)

// table returns every route. A request that matches none of them gets 404, and each route admits only the callers that
// its Access names.
func (s *Server) table() []web.Route {
	routes := slices.Concat(s.hook.Routes(), s.portal.Routes())
	if s.v1 != nil {
		routes = append(routes, s.v1.Routes()...)
	}
	if s.people != nil {
		routes = append(routes, s.people.Routes()...)
	}
	return routes
}

// Routes returns every route with its Access.
func (s *Server) Routes() []web.Route { return s.table() }

// checkRoutes returns an error for a route without a known Access, or with a scope that no role has.
func checkRoutes(routes []web.Route) error {
	known := []web.Access{web.PlaidSigned, web.DeepLink, web.ExpiredDeepLink, web.LinkBrowser, web.UnsubscribeLink, web.Anyone}
	for _, role := range signin.Roles() {
		for _, scope := range role.Scopes {
			known = append(known, web.Scope(scope))
		}
	}
	for _, r := range routes {
		if !slices.Contains(known, r.Access) {
			return fmt.Errorf("route %s: no caller is %q", r.Pattern, r.Access)
		}
		if method, _, ok := strings.Cut(r.Pattern, " "); !ok || method != strings.ToUpper(method) {
			return fmt.Errorf("route %s names no method", r.Pattern)
		}
	}
	return nil
}

// Handler returns the handler for requests from the internet.
func (s *Server) Handler() http.Handler { return s.handlerOf(s.table()) }

func (s *Server) handlerOf(table []web.Route) http.Handler {
	mux := http.NewServeMux()
	errorsOf := map[string]web.ErrorWriter{}
	for _, r := range table {
		mux.HandleFunc(r.Pattern, s.serve(r))
		errorsOf[r.Pattern] = r.Errors
	}
	return s.Telemetry.Requests(nameRequests(refuseUnrouted(mux)), respondToPanics(errorsOf))
}
