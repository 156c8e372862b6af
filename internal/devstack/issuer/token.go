package issuer

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	clientCredentials = "client_credentials"
	maxForm           = 16 << 10
)

// oauthError is an error answer (RFC 6749, 5.2).
type oauthError struct {
	Status      int    `json:"-"`
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

func refuse(code, description string) *oauthError {
	return &oauthError{http.StatusBadRequest, code, description}
}

// granted is an answer with a token (RFC 6749, 5.1).
type granted struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
	Scope       string `json:"scope"`
	IDToken     string `json:"id_token,omitempty"`
}

// token is the token endpoint. Each grant has a method.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	answer, err := i.grantOf(r)
	if err == nil {
		writeJSON(w, http.StatusOK, answer)
		return
	}
	var refused *oauthError
	if !errors.As(err, &refused) {
		refused = &oauthError{http.StatusInternalServerError, "server_error", "the token could not be signed"}
	}
	if refused.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="issuer"`)
	}
	writeJSON(w, refused.Status, refused)
}

func (i *Issuer) grantOf(r *http.Request) (granted, error) {
	if err := r.ParseForm(); err != nil {
		return granted{}, refuse("invalid_request", "the body is not a form")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 {
			return granted{}, refuse("invalid_request", "a parameter is there twice: "+name)
		}
	}
	client, err := i.authenticate(r)
	if err != nil {
		return granted{}, err
	}
	switch r.PostForm.Get("grant_type") {
	case clientCredentials:
		return i.grantClient(client, r.PostForm)
	case authorizationCode:
		return i.grantCode(client, r.PostForm)
	case "":
		return granted{}, refuse("invalid_request", "grant_type is missing")
	}
	return granted{}, refuse("unsupported_grant_type", "only authorization_code and client_credentials are")
}

func (i *Issuer) grantClient(client Client, form url.Values) (granted, error) {
	if audience := form.Get("audience"); audience != "" && audience != i.opts.Audience {
		return granted{}, &oauthError{http.StatusForbidden, "access_denied", "no service has this audience"}
	}
	scopes, err := client.grant(strings.Fields(form.Get("scope")))
	if err != nil {
		return granted{}, refuse("invalid_scope", "a scope is not allowed to this client")
	}
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	token, err := i.accessToken(client.ID, scopes, i.opts.TTL)
	return granted{
		AccessToken: token, TokenType: "Bearer", ExpiresIn: int64(i.opts.TTL / time.Second), Scope: strings.Join(scopes, " "),
	}, err
}

// authenticate reads the id and secret from HTTP Basic, form-encoded within (RFC 6749, 2.3.1), or from the form, but
// not from both.
func (i *Issuer) authenticate(r *http.Request) (Client, error) {
	id, secret, basic := r.BasicAuth()
	if basic {
		var idErr, secretErr error
		id, idErr = url.QueryUnescape(id)
		secret, secretErr = url.QueryUnescape(secret)
		if idErr != nil || secretErr != nil || r.PostForm.Has("client_secret") {
			return Client{}, refuse("invalid_request", "the credentials are not form-encoded, or the secret is there twice")
		}
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	client, known := i.clients[id]
	if subtle.ConstantTimeCompare([]byte(client.Secret), []byte(secret)) != 1 || !known {
		return Client{}, &oauthError{http.StatusUnauthorized, "invalid_client", "the client or its secret is wrong"}
	}
	return client, nil
}
