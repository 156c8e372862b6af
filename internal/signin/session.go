package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"go.uber.org/zap"
)

const (
	// SessionIdle is how long an unused session lasts.
	SessionIdle = 30 * time.Minute
	// sessionLife is how long a session lasts at most. Changed roles take effect in the next one.
	sessionLife = 12 * time.Hour

	sessionCookie = "relink_session"
	personKey     = "person"
	sweepEvery    = 10 * time.Minute
	sweepWithin   = 30 * time.Second
)

// Sessions stores sessions under keys that are hashes of the browsers' tokens.
type Sessions interface {
	// Use returns the session of a key, and counts as a use. found is false if it has expired or never existed.
	Use(ctx context.Context, key string) (data []byte, found bool, err error)
	// Begin stores data under a new key until expiry, or until it has been idle for SessionIdle.
	Begin(ctx context.Context, key string, data []byte, expiry time.Time) error
	// End deletes the session of a key.
	End(ctx context.Context, key string) error
	// Sweep deletes the expired sessions.
	Sweep(ctx context.Context) (int64, error)
}

// ErrNoSession is the ErrNoToken of a request with neither a token nor a valid session.
var ErrNoSession = fmt.Errorf("%w, and no session", ErrNoToken)

// person is the content of a session.
type person struct {
	Subject string `json:"sub"`
	Name    string `json:"name,omitempty"`
	Roles   []Role `json:"roles,omitempty"`
	// Merchant is the value of MerchantClaim.
	Merchant string `json:"merchant,omitempty"`
}

// newSessions makes the manager without the library's own constructor, which starts a goroutine for another store that
// never ends.
func (w *Web) newSessions() *scs.SessionManager {
	return &scs.SessionManager{
		Store: sessionStore{w.kept}, HashTokenInStore: true, Codec: scs.GobCodec{},
		Lifetime: sessionLife, // the idle time is kept by Sessions
		Cookie: scs.SessionCookie{
			Name: w.cookieName(sessionCookie), Path: "/", HttpOnly: true, Secure: w.secure, SameSite: http.SameSiteLaxMode,
			Persist: false, // it ends with the browser
		},
	}
}

// load returns a context that holds the request's session, or an empty one if it has none.
func (w *Web) load(r *http.Request) (context.Context, error) {
	token := ""
	if cookie, err := r.Cookie(w.cookieName(sessionCookie)); err == nil {
		token = cookie.Value
	}
	return w.sessions.Load(r.Context(), token)
}

// begin gives the browser a session of the person. An earlier session of the browser ends, so that a token that
// somebody planted in the browser never becomes signed in.
func (w *Web) begin(rw http.ResponseWriter, r *http.Request, p person) error {
	value, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode session: %w", err)
	}
	ctx, err := w.load(r)
	if err != nil {
		return err
	}
	if err := errors.Join(w.sessions.Clear(ctx), w.sessions.RenewToken(ctx)); err != nil {
		return err
	}
	w.sessions.Put(ctx, personKey, string(value))
	token, expiry, err := w.sessions.Commit(ctx)
	if err != nil {
		return err
	}
	w.sessions.WriteSessionCookie(ctx, rw, token, expiry)
	return nil
}

// Caller returns the person who is signed in in the request's browser. Errors are ErrNoSession or those of Sessions.
func (w *Web) Caller(r *http.Request) (Caller, error) {
	if _, err := r.Cookie(w.cookieName(sessionCookie)); err != nil {
		return Caller{}, ErrNoSession
	}
	ctx, err := w.load(r)
	if err != nil {
		return Caller{}, err
	}
	value := w.sessions.GetString(ctx, personKey)
	if value == "" {
		return Caller{}, ErrNoSession
	}
	var p person
	if err := json.Unmarshal([]byte(value), &p); err != nil {
		return Caller{}, fmt.Errorf("decode session: %w", err)
	}
	return Caller{Subject: p.Subject, SignedIn: true, Name: p.Name, Roles: p.Roles, Merchant: p.Merchant, Scopes: ScopesOf(p.Roles)}, nil
}

// End ends the request's session, for every holder of its token. If it returns an error the session may still be valid,
// and the browser keeps it.
func (w *Web) End(rw http.ResponseWriter, r *http.Request) error {
	ctx, err := w.load(r)
	if err != nil {
		return err
	}
	if err := w.sessions.Destroy(ctx); err != nil {
		return err
	}
	w.sessions.WriteSessionCookie(ctx, rw, "", time.Time{})
	return nil
}

// Run deletes expired sessions from time to time until ctx ends.
func (w *Web) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, sweepWithin)
		_, err := w.kept.Sweep(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			w.opts.Logger.Warn("sessions not swept", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sessionStore adapts Sessions to the library. It has the methods without a context as well, because the library's
// interface requires them; nothing calls them.
type sessionStore struct{ kept Sessions }

func (s sessionStore) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	return s.kept.Use(ctx, key)
}

func (s sessionStore) CommitCtx(ctx context.Context, key string, data []byte, expiry time.Time) error {
	return s.kept.Begin(ctx, key, data, expiry)
}

func (s sessionStore) DeleteCtx(ctx context.Context, key string) error { return s.kept.End(ctx, key) }

func (s sessionStore) Find(key string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), key)
}

func (s sessionStore) Commit(key string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), key, data, expiry)
}

func (s sessionStore) Delete(key string) error { return s.DeleteCtx(context.Background(), key) }

var _ scs.CtxStore = sessionStore{}
