package issuer

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

//go:embed page
var pageFiles embed.FS

// request is an authorization request (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636, 4.3).
type request struct {
	client   Client
	redirect *url.URL
	values   url.Values
}

// passedOn are the parameters that the page passes on with the choice.
var passedOn = []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"}

// authorize shows the people to choose from, and takes the choice.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		i.problem(w, "The request is not a form.")
		return
	}
	req, err := i.requestOf(r.Form)
	if err != nil { // the client is not known, so nobody is sent anywhere
		i.problem(w, "The application that sent you here made a mistake: "+err.Error()+".")
		return
	}
	if refused := req.check(); refused != nil {
		req.answer(w, r, url.Values{"error": {refused.Code}, "error_description": {refused.Description}})
		return
	}
	if r.Method != http.MethodPost {
		i.choose(w, req)
		return
	}
	at := slices.IndexFunc(i.opts.People, func(p Person) bool { return p.Subject == r.PostForm.Get("person") })
	if at < 0 {
		i.problem(w, "Nobody here has this name.")
		return
	}
	code := i.codes.put(i.opts.Now(), grant{
		clientID: req.client.ID, redirect: req.values.Get("redirect_uri"), nonce: req.values.Get("nonce"),
		challenge: req.values.Get("code_challenge"), scope: req.values.Get("scope"), person: i.opts.People[at],
	})
	req.answer(w, r, url.Values{"code": {code}})
}

// requestOf checks what must be right before a browser may be sent back.
func (i *Issuer) requestOf(values url.Values) (request, error) {
	for _, name := range passedOn {
		if len(values[name]) > 1 {
			return request{}, errors.New(name + " is there twice")
		}
	}
	client, known := i.clients[values.Get("client_id")]
	if !known {
		return request{}, errors.New("client_id is not known")
	}
	redirect, err := url.Parse(values.Get("redirect_uri"))
	if err != nil || !slices.Contains(client.RedirectURIs, values.Get("redirect_uri")) {
		return request{}, errors.New("redirect_uri is not one that was agreed on")
	}
	return request{client: client, redirect: redirect, values: values}, nil
}

func (r request) check() *oauthError {
	switch {
	case r.values.Get("response_type") != "code":
		return refuse("unsupported_response_type", "only code is")
	case !slices.Contains(strings.Fields(r.values.Get("scope")), "openid"):
		return refuse("invalid_scope", "openid is missing")
	case r.values.Get("code_challenge") == "" || r.values.Get("code_challenge_method") != "S256":
		return refuse("invalid_request", "PKCE with S256 is required")
	case r.values.Get("prompt") == "none":
		return refuse("login_required", "nobody is signed in here")
	}
	return nil
}

// answer sends the browser back.
func (r request) answer(w http.ResponseWriter, req *http.Request, answer url.Values) {
	if state := r.values.Get("state"); state != "" {
		answer.Set("state", state)
	}
	to := *r.redirect
	query := to.Query()
	for name := range answer {
		query.Set(name, answer.Get(name))
	}
	to.RawQuery = query.Encode()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, req, to.String(), http.StatusSeeOther)
}

func (i *Issuer) choose(w http.ResponseWriter, req request) {
	hidden := maps.Clone(req.values)
	maps.DeleteFunc(hidden, func(name string, _ []string) bool { return !slices.Contains(passedOn, name) })
	// Browsers apply form-action to the redirect behind the form, too.
	i.render(w, http.StatusOK, "form-action 'self' "+req.redirect.Scheme+"://"+req.redirect.Host, map[string]any{
		"Title": "Who are you?", "Action": i.prefix + authorizePath, "Hidden": hidden, "People": i.opts.People,
	})
}

func (i *Issuer) problem(w http.ResponseWriter, text string) {
	i.render(w, http.StatusBadRequest, "form-action 'none'", map[string]any{"Title": "Signing in does not work", "Problem": text})
}

func (i *Issuer) render(w http.ResponseWriter, status int, formAction string, view map[string]any) {
	nonce := rand.Text()
	view["Nonce"] = nonce
	var page bytes.Buffer
	if err := i.page.Execute(&page, view); err != nil {
		http.Error(w, "the page could not be written", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; "+formAction+
		"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // an error means that the browser is gone
}
