package signin

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	attemptCookie = "relink_signin_" // the state follows
	attemptLife   = 10 * time.Minute
	home          = "/ops"
	maxReturn     = 512
)

// attempt is one sign-in in progress. It is stored in a cookie of its own, in the browser that began it. So an attempt
// of another browser signs nobody in, and several tabs may sign in at once.
type attempt struct {
	state    string
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE
	To       string `json:"t"`
}

func newAttempt(to string) attempt {
	return attempt{state: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: ownPath(to)}
}

// keep sets the attempt's cookie.
func (w *Web) keep(rw http.ResponseWriter, a attempt) {
	value, _ := json.Marshal(a) // strings only
	w.setAttempt(rw, a, base64.RawURLEncoding.EncodeToString(value), int(attemptLife.Seconds()))
}

func (w *Web) drop(rw http.ResponseWriter, a attempt) { w.setAttempt(rw, a, "", -1) }

func (w *Web) setAttempt(rw http.ResponseWriter, a attempt, value string, maxAge int) {
	http.SetCookie(rw, &http.Cookie{ //nolint:gosec // Secure wherever people reach us over https
		Name: w.cookieName(attemptCookie + a.state), Value: value, MaxAge: maxAge,
		Path: "/", HttpOnly: true, Secure: w.secure, SameSite: http.SameSiteLaxMode,
	})
}

// attempt returns the attempt that this browser began under the state.
func (w *Web) attempt(r *http.Request, state string) (attempt, error) {
	cookie, err := r.Cookie(w.cookieName(attemptCookie + state))
	if state == "" || err != nil {
		return attempt{}, ErrStale
	}
	a := attempt{state: state}
	value, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || json.Unmarshal(value, &a) != nil || a.Nonce == "" || a.Verifier == "" {
		return attempt{}, ErrStale
	}
	a.To = ownPath(a.To)
	return a, nil
}

// ownPath returns the path if it is one of this site, and home otherwise. A link to our sign-in must not lead to
// another site, not even by a path that browsers read more liberally than we do.
func ownPath(path string) string {
	u, err := url.Parse(path)
	switch {
	case err != nil, len(path) > maxReturn, u.Scheme != "", u.Host != "", u.User != nil, u.Fragment != "":
		return home
	case !strings.HasPrefix(path, "/"), strings.HasPrefix(path, "//"), strings.Contains(path, `\`):
		return home
	case strings.HasPrefix(path, "/signin"), strings.HasPrefix(path, "/signout"):
		return home // it would lead back to the sign-in without end
	}
	return path
}
