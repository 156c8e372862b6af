package localplaid

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
	// DataFile keeps Items, tokens, Link sessions, webhook keys, webhooks that are still to be received, how retries are
	// signed and how far the clock was moved over a restart, also after kill -9: each change is in it before its answer
	// leaves. It is made, with its folder, where it is missing, and has mode 0600, since it holds private keys. It does
	// not keep the log of requests and their counts, webhooks that are over, how often each endpoint refused, faults,
	// public tokens that expired, link tokens six hours after they did, and the password of a login under way, which
	// Link asks for again. The whole file is written at each change: it is meant for some hundred Items, and for one
	// Server at a time. A file of another version is refused. Empty: everything is in memory only.
	DataFile string
	// Now is the real time; /control/clock moves the server's own clock on from there. Nil: time.Now.
	Now func() time.Time
	// Logger gets a debug line per webhook attempt, and an error line per answer 500 that nobody asked for. Nil: no logs.
	Logger *zap.Logger
}

// Server is one local Plaid with its own Items, keys and webhooks. Its methods may be called from any goroutine.
type Server struct {
	clientID, secret string
	publicURL        string
	clock            *clock
	now              func() time.Time // the clock's
	registry         *registry
	keys             *keyring
	deliveries       *deliveries
	requests         *requestLog
	faults           map[string]*activeFault // by path; the registry's lock guards them
	data             *dataFile               // nil: memory only
	logger           *zap.Logger
}

// New makes a local Plaid with a fresh webhook key and no Items, or with those of DataFile. It fails on a malformed
// PublicURL, and on a DataFile that is damaged, of another version or not writable.
func New(opts Options) (*Server, error) {
	if opts.PublicURL != "" {
		u, err := url.Parse(opts.PublicURL)
		if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("sandbox public URL %q: want http(s)://host[:port]", opts.PublicURL)
		}
	}
	clock := &clock{source: opts.Now}
	if clock.source == nil {
		clock.source = time.Now
	}
	keys := newKeyring(clock.real)
	logger := cmp.Or(opts.Logger, zap.NewNop())
	queue := newDeliveries(clock, keys, logger)
	s := &Server{
		clientID:   cmp.Or(opts.ClientID, "sandbox"),
		secret:     cmp.Or(opts.Secret, "sandbox"),
		publicURL:  strings.TrimRight(opts.PublicURL, "/"),
		clock:      clock,
		now:        clock.now,
		registry:   newRegistry(clock.now, queue.enqueue),
		keys:       keys,
		deliveries: queue,
		requests:   &requestLog{room: keepRequests, counts: map[requestKind]int{}},
		faults:     map[string]*activeFault{},
		logger:     logger,
	}
	if opts.DataFile != "" {
		if err := s.openData(opts.DataFile); err != nil {
			return nil, fmt.Errorf("open sandbox data: %w", err)
		}
	}
	return s, nil
}

// Handler serves Plaid's API, Link and the controls.
func (s *Server) Handler() http.Handler { return s.routes() }

// Run delivers webhooks and their retries until ctx ends, then returns nil once the attempts under way are over. The
// API works without it too, but then only the webhooks of /control/fire leave.
func (s *Server) Run(ctx context.Context) error {
	s.deliveries.run(ctx)
	return nil
}
