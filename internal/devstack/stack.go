package devstack

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
	"relink/internal/devstack/freeport"
	"relink/internal/devstack/mailbox"
	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/temporalserver"
)

// Options say where a stack lives.
type Options struct {
	Dir    string // data, logs and keys
	Binary string // relink itself: its roles run as processes of their own
	Ports  Ports  // the zero value takes free ones
	// Keep keeps the local Plaid's Items and the mails in Dir over a restart, as Postgres and Temporal keep theirs.
	Keep bool
	// Policy is the text of the policy file. The default mails at once, at any hour, and as often as something breaks,
	// because nobody at a desk waits for the morning, or for two days.
	Policy string
	// SearchAttributes are registered at Temporal: name to type.
	SearchAttributes map[string]string
	// CreateKeyset writes a new keyset file, unless the file exists.
	CreateKeyset func(file string) error
	// Log gets a line about each step that takes long.
	Log func(line string)
}

// Stack is every part of relink on this machine. Each part is the real one, except for the local Plaid.
type Stack struct {
	Client     blackbox.Client
	TemporalUI string
	StartPage  string // lists where everything is
	// Env is the environment of api and worker, and where everything is; see [Stack.WriteEnv].
	Env map[string]string

	opts     Options
	postgres *pgserver.Server
	temporal *temporalserver.Server
	roles    []*role
	stopHTTP context.CancelFunc
	served   errgroup.Group
	failed   chan error
	logs     []*os.File
	logsLock sync.Mutex
}

// Start starts every part and returns when all of them answer. If it fails, it stops everything that it started.
func Start(ctx context.Context, o Options) (_ *Stack, err error) {
	s := &Stack{opts: o, failed: make(chan error, 8), Env: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if err := os.MkdirAll(filepath.Join(o.Dir, "logs"), 0o755); err != nil { //nolint:gosec // root's Postgres user has to enter Dir
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	if err := s.startServers(ctx); err != nil {
		return nil, err
	}
	p := &s.opts.Ports
	for _, port := range []*int{&p.API, &p.APIAdmin, &p.WorkerAdmin, &p.Sandbox} {
		if *port == 0 {
			if *port, err = freeport.Take(); err != nil {
				return nil, err
			}
		}
	}
	s.Client.API, s.Client.Sandbox = "http://"+loopback(p.API), "http://"+loopback(p.Sandbox)
	s.Client.ClientID, s.Client.Secret = plaidClient, plaidSecret
	if err := s.serveOwn(); err != nil {
		return nil, err
	}
	if _, err := s.Relink(ctx, "migrate"); err != nil {
		return nil, err
	}
	for _, r := range s.allRoles() {
		s.roles = append(s.roles, r)
		if err := s.spawn(ctx, r); err != nil {
			return nil, err
		}
	}
	return s, s.allAnswer(ctx)
}

// allAnswer waits for the pages that people look at. The roles are ready by now.
func (s *Stack) allAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for name, url := range map[string]string{"mailbox": s.Client.Mailbox, "start page": s.StartPage, "Temporal UI": s.TemporalUI} {
		err := blackbox.Await(ctx, name+" to answer", func(ctx context.Context) (bool, error) {
			return true, blackbox.Call(ctx, "GET", url, "", nil, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// startServers starts Postgres and Temporal side by side.
func (s *Stack) startServers(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		log, err := s.log("postgres")
		if err != nil {
			return err
		}
		s.postgres, err = pgserver.Start(ctx, pgserver.Options{
			Dir: filepath.Join(s.opts.Dir, "postgres"), Port: s.opts.Ports.Postgres, Fsync: true, Log: log, Progress: s.opts.Log,
		})
		if err != nil {
			return err
		}
		return s.postgres.CreateDatabase(ctx, "relink")
	})
	g.Go(func() error { return s.startTemporal(ctx, s.opts.Ports.Temporal, s.opts.Ports.TemporalUI) })
	return g.Wait()
}

func (s *Stack) startTemporal(ctx context.Context, port, uiPort int) error {
	log, err := s.log("temporal")
	if err != nil {
		return err
	}
	s.temporal, err = temporalserver.Start(ctx, temporalserver.Options{
		DBFile: filepath.Join(s.opts.Dir, "temporal.db"), Port: port, UIPort: uiPort,
		SearchAttributes: s.opts.SearchAttributes, Log: log, Progress: s.opts.Log,
	})
	if err == nil {
		s.TemporalUI = s.temporal.UIURL()
	}
	return err
}

// serveOwn serves the mailbox, the issuer and the start page from this process, and fills in the environment.
func (s *Stack) serveOwn() (err error) {
	ports := s.opts.Ports
	var listeners [4]net.Listener
	for i, port := range []int{ports.SMTP, ports.Mailbox, ports.Issuer, ports.Start} {
		if listeners[i], err = net.Listen("tcp", loopback(port)); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	mail, box, signIn, start := listeners[0], listeners[1], listeners[2], listeners[3]
	s.Client.Mailbox, s.StartPage = "http://"+box.Addr().String(), "http://"+start.Addr().String()
	iss, err := s.issuer("http://" + signIn.Addr().String() + "/")
	if err != nil {
		return err
	}
	o := mailbox.Options{}
	if o.Logger, err = s.logger("mailbox"); err != nil {
		return err
	}
	if s.opts.Keep {
		o.File = filepath.Join(s.opts.Dir, "mails.jsonl")
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stopHTTP = cancel
	s.serve(ctx, signIn, iss.Handler())
	s.serve(ctx, start, http.HandlerFunc(s.startPage))
	s.served.Go(func() error { return mailbox.New(o).Serve(ctx, mail, box) })
	return s.environment(mail.Addr().String())
}

func (s *Stack) serve(ctx context.Context, l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	s.served.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

//go:embed startpage.html
var startPageHTML string

var startPage = template.Must(template.New("startpage").Parse(startPageHTML))

// startPage lists where everything is. It holds no token.
func (s *Stack) startPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	broken := url.QueryEscape("ExecutionStatus='Running' AND RelinkState!='connected'")
	_ = startPage.Execute(w, map[string]string{
		"Ops": s.Client.API + "/ops", "Mailbox": s.Client.Mailbox, "TemporalUI": s.TemporalUI, "Sandbox": s.Client.Sandbox,
		"Broken": s.TemporalUI + "/namespaces/default/workflows?query=" + broken,
	})
}

// Ports are those of a stack, all on loopback. 0 is a free one.
type Ports struct {
	API, TemporalUI, Sandbox, Mailbox, Start                int // people look here
	APIAdmin, WorkerAdmin, Temporal, Postgres, SMTP, Issuer int
}

// DevPorts returns the fixed ports of dev. With a base it returns the ports from there on, in the order of the fields,
// so that two stacks fit on one machine.
func DevPorts(base int) Ports {
	if base == 0 {
		return Ports{
			API: 8080, TemporalUI: 8233, Sandbox: 8790, Mailbox: 8025, Start: 8000,
			APIAdmin: 9090, WorkerAdmin: 9091, Temporal: 7233, Postgres: 5433, SMTP: 1025, Issuer: 8085,
		}
	}
	return Ports{
		API: base, TemporalUI: base + 1, Sandbox: base + 2, Mailbox: base + 3, Start: base + 4,
		APIAdmin: base + 5, WorkerAdmin: base + 6, Temporal: base + 7, Postgres: base + 8, SMTP: base + 9, Issuer: base + 10,
	}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
