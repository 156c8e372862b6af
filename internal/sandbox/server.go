package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Options configure a local Plaid. The zero value works: client id and secret are then "sandbox".
type Options struct {
	// ClientID and Secret are the API keys callers must present.
	ClientID, Secret string
	// PublicURL is the base URL browsers reach this server at, without a trailing slash; Link's script and frame are
	// served from there. Empty: taken from each request's Host header.
	PublicURL string
	// DataFile keeps Items, tokens, Link sessions, webhook keys and webhooks not yet received over a restart, also after
	// kill -9: each change is in it before its answer leaves. It is made, with its folder, where it is missing, and has
	// mode 0600, since it holds private keys. Not in it: the log of requests, webhooks that are over, public tokens that
	// expired, link tokens six hours after they did, and the password of a login under way, which is asked for again.
	// The whole file is written at each change: meant for some hundred Items, and for one Server at a time. Empty: all
	// is in memory only.
	DataFile string
	// Now is the clock of everything: expiries, webhooks, keys. Nil: time.Now.
	Now func() time.Time
	// Logger gets a debug line per webhook attempt and an error line per answer 500 that nobody asked for. Nil: none.
	Logger *zap.Logger
}

// Server is one local Plaid with its own Items, keys and webhooks. Its methods may be called from any goroutine.
type Server struct {
	clientID, secret string
	publicURL        string
	now              func() time.Time
	registry         *registry
	keys             *keyring
	deliveries       *deliveries
	requests         *requestLog
	data             *dataFile // nil: memory only
	logger           *zap.Logger
	handler          http.Handler
}

// New makes a local Plaid with a fresh webhook key and no Items, or with those of DataFile. It fails on a malformed
// PublicURL, and on a DataFile that is damaged, of a newer version or not writable.
func New(opts Options) (*Server, error) {
	if opts.PublicURL != "" {
		u, err := url.Parse(opts.PublicURL)
		if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("sandbox public URL %q: want http(s)://host[:port]", opts.PublicURL)
		}
	}
	now := plaidClock(opts.Now)
	keys, err := newKeyring(now)
	if err != nil {
		return nil, fmt.Errorf("make webhook keys: %w", err)
	}
	logger := opts.Logger
	if logger == nil {
		logger = zap.NewNop()
	}
	s := &Server{
		clientID:   cmp.Or(opts.ClientID, "sandbox"),
		secret:     cmp.Or(opts.Secret, "sandbox"),
		publicURL:  strings.TrimRight(opts.PublicURL, "/"),
		now:        now,
		registry:   newRegistry(now),
		keys:       keys,
		deliveries: newDeliveries(now, keys, logger),
		requests:   &requestLog{},
		logger:     logger,
	}
	if opts.DataFile != "" {
		if err := s.openData(opts.DataFile); err != nil {
			return nil, fmt.Errorf("open sandbox data: %w", err)
		}
	}
	s.handler = s.routes()
	return s, nil
}

// Handler serves Plaid's API, Link and the controls.
func (s *Server) Handler() http.Handler { return s.handler }

// Run delivers webhooks and their retries until ctx ends, then returns nil once the attempts under way are over.
// Without it the API answers all the same, but only webhooks sent by /control/fire leave.
func (s *Server) Run(ctx context.Context) error {
	s.deliveries.run(ctx)
	return nil
}

// plaidClock gives times as Plaid writes them: UTC, to the millisecond.
func plaidClock(now func() time.Time) func() time.Time {
	if now == nil {
		now = time.Now
	}
	return func() time.Time { return now().UTC().Truncate(time.Millisecond) }
}
