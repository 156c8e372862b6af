package signin

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"go.uber.org/zap"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

const (
	fetchTimeout = 5 * time.Second
	maxKeysBytes = 1 << 20
	// refreshWait bounds how long a token waits for newer keys when its key is cached.
	refreshWait = time.Second
	// refreshPause is the pause before cached keys that could not be fetched are due again.
	refreshPause = time.Minute
)

// keySet caches the issuer's public keys and the addresses of its endpoints. go-oidc's own key set asks the issuer
// again for every junk token, never drops withdrawn keys, and distinguishes "out of reach" from "wrong signature"
// only in the text of its errors.
type keySet struct {
	issuer string
	client *http.Client
	logger *zap.Logger
	now    func() time.Time
	maxAge time.Duration
	pause  time.Duration
	flight singleflight.Group

	mu        sync.Mutex // guards what follows, never held across a fetch
	published published
	due       time.Time // when it is to be fetched again; zero if nothing was fetched yet
	tried     time.Time // when it was last fetched
	failed    error     // the error of that fetch
}

// published is what the issuer publishes about itself.
type published struct {
	keys     []jose.JSONWebKey
	endpoint oauth2.Endpoint // where people sign in, and where their codes are exchanged
}

// find returns the public keys that may have made a signature with this kid and algorithm. If the
// kid is unknown it fetches the keys again, since the issuer may have rotated them. Errors wrap
// ErrUnauthenticated (the issuer has no such key) or ErrUnavailable (it could not be asked).
func (s *keySet) find(ctx context.Context, kid, algorithm string) ([]crypto.PublicKey, error) {
	cached, due := s.look(kid, algorithm)
	if len(cached) > 0 {
		if !due {
			return cached, nil
		}
		wait, cancel := context.WithTimeout(ctx, refreshWait)
		defer cancel()
		if s.refresh(wait) != nil {
			return cached, nil
		}
	} else if err := s.refresh(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	keys, _ := s.look(kid, algorithm)
	if len(keys) == 0 {
		return nil, invalid(errors.New("the issuer has no such key"))
	}
	return keys, nil
}

func (s *keySet) look(kid, algorithm string) (found []crypto.PublicKey, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range s.published.keys {
		if (kid == "" || key.KeyID == kid) && suits(key, algorithm) {
			found = append(found, key.Key)
		}
	}
	return found, !s.now().Before(s.due)
}

// refresh fetches the keys. Within the pause after a fetch it returns the error of that one. The fetch is shared, and
// continues when a caller gives up.
func (s *keySet) refresh(ctx context.Context) error {
	result := s.flight.DoChan("", func() (any, error) {
		if recent, failed := s.recent(); recent {
			return nil, failed
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		fetched, err := s.fetch(ctx)
		s.record(fetched, err)
		return nil, err
	})
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for the issuer's keys: %w", ctx.Err())
	case r := <-result:
		return r.Err
	}
}

// recent reports whether the last fetch is within the pause, and returns its outcome.
func (s *keySet) recent() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.tried.IsZero() && s.now().Sub(s.tried) < s.pause, s.failed
}

func (s *keySet) record(fetched published, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried, s.failed = s.now(), err
	switch {
	case err == nil:
		s.published, s.due = fetched, s.tried.Add(s.maxAge)
	case len(s.published.keys) > 0:
		s.due = s.tried.Add(refreshPause)
		s.logger.Warn("issuer keys not fetched again", zap.String("issuer", s.issuer), zap.Error(err))
	}
}

// fetch discovers the address of the keys each time, because an issuer may move them.
func (s *keySet) fetch(ctx context.Context) (published, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), s.issuer)
	if err != nil {
		return published{}, fmt.Errorf("discover issuer: %w", err)
	}
	var discovered struct {
		KeysURL string   `json:"jwks_uri"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := provider.Claims(&discovered); err != nil || discovered.KeysURL == "" {
		return published{}, errors.New("discover issuer: no jwks_uri")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, discovered.KeysURL, nil)
	if err != nil {
		return published{}, fmt.Errorf("fetch issuer's keys: %w", err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return published{}, fmt.Errorf("fetch issuer's keys: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return published{}, fmt.Errorf("fetch issuer's keys: status %s", resp.Status)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxKeysBytes)).Decode(&set); err != nil {
		return published{}, fmt.Errorf("fetch issuer's keys: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && key.IsPublic() { // a key of an unknown kind is skipped (RFC 7517, 5)
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return published{}, errors.New("fetch issuer's keys: there is none of a known kind")
	}
	endpoint := provider.Endpoint()
	// An issuer that does not publish its methods accepts Basic (OpenID Connect Discovery 1.0, 3). Trying the methods
	// would spend the code.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(discovered.Methods) > 0 && !slices.Contains(discovered.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return published{keys: keys, endpoint: endpoint}, nil
}

// endpoint returns where people sign in. Errors wrap ErrUnavailable: the issuer could not be asked, or has no endpoint
// for people.
func (s *keySet) endpoint(ctx context.Context) (oauth2.Endpoint, error) {
	known := s.knownEndpoint()
	if known.AuthURL == "" {
		if err := s.refresh(ctx); err != nil {
			return oauth2.Endpoint{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		known = s.knownEndpoint()
	}
	if known.AuthURL == "" || known.TokenURL == "" {
		return oauth2.Endpoint{}, fmt.Errorf("%w: the issuer publishes no endpoints for signing in", ErrUnavailable)
	}
	return known, nil
}

func (s *keySet) knownEndpoint() oauth2.Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published.endpoint
}

// suits reports whether a key is for the algorithm.
func suits(key jose.JSONWebKey, algorithm string) bool {
	if key.Use != "" && key.Use != "sig" || key.Algorithm != "" && key.Algorithm != algorithm {
		return false
	}
	switch key.Key.(type) {
	case *rsa.PublicKey:
		return algorithm == string(jose.RS256)
	case *ecdsa.PublicKey:
		return algorithm == string(jose.ES256)
	default:
		return false
	}
}
