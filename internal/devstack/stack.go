package devstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"relink/internal/devstack/mailbox"
	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
	"relink/internal/outside"
)

// Options say where a stack lives.
type Options struct {
	Dir    string // data, logs and keys
	Binary string // relink itself: its roles run as processes of their own
	Ports  Ports  // the zero value takes free ones
	// Keep keeps the local Plaid's Items and the mails in Dir over a restart, as Postgres and Temporal keep theirs.
	Keep bool
	// Policy is the policy file; empty is one that mails at once, at any hour and
	// as often as something breaks: nobody at a desk waits for the morning, or for two days.
	Policy string
	// SearchAttributes are registered at Temporal: name to type.
	SearchAttributes map[string]string
	// CreateKeyset writes a fresh keyset file, unless it is there.
	CreateKeyset func(file string) error
	// Say is told what is going on, one line each.
	Say func(line string)
}

// Stack is every part of relink on this machine, each the real one but for the local Plaid.
type Stack struct {
	World      outside.World
	TemporalUI string
	StartPage  string // lists where everything is
	// Env is the environment of api and worker, and where everything is: see Write.
	Env map[string]string

	opts     Options
	postgres *pgserver.Server
	temporal *temporalserver.Server
	roles    []*role
	stopHTTP context.CancelFunc
	served   *errgroup.Group
	failed   chan error
	logs     []*os.File
	logsLock sync.Mutex
}

const (
	sandboxID     = "sandbox"
	sandboxSecret = "sandbox"
	audience      = "https://relink/api"
)

const mailAtOnce = "second_look: 0s\nquiet: none\ngap: 0s\nmass_break: {of_institution: 0, of_all: 0}\nperpetual: {relinks: 0}\n"

// Start starts every part and answers when all of them do. On an error everything it started is stopped.
func Start(ctx context.Context, o Options) (_ *Stack, err error) {
	s := &Stack{opts: o, failed: make(chan error, 8), Env: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if err := os.MkdirAll(filepath.Join(o.Dir, "logs"), 0o755); err != nil { //nolint:gosec // as root, Postgres's own user has to enter Dir
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	if err := s.startServers(ctx); err != nil {
		return nil, err
	}
	if s.opts.Ports, err = s.opts.Ports.fill(); err != nil {
		return nil, err
	}
	ports := s.opts.Ports
	api, apiAdmin, workerAdmin, local := loopback(ports.API), loopback(ports.APIAdmin), loopback(ports.WorkerAdmin), loopback(ports.Sandbox)
	s.World.API = "http://" + api
	s.World.Sandbox = "http://" + local
	mail, err := s.serveOwn()
	if err != nil {
		return nil, err
	}
	s.World.ClientID, s.World.Secret = sandboxID, sandboxSecret
	if err := s.environment(mail); err != nil {
		return nil, err
	}
	if err := s.run(ctx, "migrate"); err != nil {
		return nil, err
	}
	plaidArgs := []string{"sandbox", "--listen", local}
	if o.Keep {
		plaidArgs = append(plaidArgs, "--data", filepath.Join(o.Dir, "plaid.json"))
	}
	s.roles = []*role{
		{name: "sandbox", args: plaidArgs, ready: s.World.Sandbox + "/control/webhook-key"},
		{name: "api", args: []string{"api"}, env: map[string]string{"LISTEN_ADDR": api, "ADMIN_ADDR": apiAdmin}, ready: "http://" + apiAdmin + "/readyz"},
		{name: "worker", args: []string{"worker"}, env: map[string]string{"ADMIN_ADDR": workerAdmin}, ready: "http://" + workerAdmin + "/readyz"},
	}
	for _, r := range s.roles {
		if err := s.spawn(ctx, r); err != nil {
			return nil, err
		}
	}
	return s, s.allAnswer(ctx)
}

// allAnswer waits for the pages that people look at; the roles are known to be ready.
func (s *Stack) allAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for name, url := range map[string]string{"mailbox": s.World.Mailbox, "start page": s.StartPage, "Temporal UI": s.TemporalUI} {
		err := outside.Await(ctx, name+" to answer", func(ctx context.Context) (bool, error) {
			return true, outside.Call(ctx, "GET", url, "", nil, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// startServers starts Postgres and Temporal side by side.
func (s *Stack) startServers(ctx context.Context) error {
	pgLog, err := s.log("postgres")
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		s.postgres, err = pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(s.opts.Dir, "postgres"), Port: s.opts.Ports.Postgres, Fsync: true, Log: pgLog, Progress: s.opts.Say})
		if err != nil {
			return fmt.Errorf("start Postgres: %w", err)
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
		SearchAttributes: s.opts.SearchAttributes, Log: log, Progress: s.opts.Say,
	})
	if err != nil {
		return fmt.Errorf("start Temporal: %w", err)
	}
	s.TemporalUI = s.temporal.UIURL()
	return nil
}

// serveOwn serves the mailbox and the issuer, which are ours, and answers the address of SMTP.
func (s *Stack) serveOwn() (smtp string, err error) {
	listeners := make([]net.Listener, 4)
	ports := s.opts.Ports
	for i, port := range []int{ports.SMTP, ports.Mailbox, ports.Issuer, ports.Start} {
		if listeners[i], err = net.Listen("tcp", loopback(port)); err != nil {
			return "", fmt.Errorf("listen: %w", err)
		}
	}
	smtpL, mailL, issuerL, startL := listeners[0], listeners[1], listeners[2], listeners[3]
	s.StartPage = "http://" + startL.Addr().String()
	iss, err := s.issuer("http://" + issuerL.Addr().String() + "/")
	if err != nil {
		return "", err
	}
	s.World.Mailbox = "http://" + mailL.Addr().String()
	mailLog, err := s.logger("mailbox")
	if err != nil {
		return "", err
	}

	ctx, cancel := context.WithCancel(context.Background())
	s.stopHTTP, s.served = cancel, &errgroup.Group{}
	s.serve(ctx, issuerL, iss.Handler())
	s.serve(ctx, startL, http.HandlerFunc(s.startPage))
	box := mailbox.Options{Logger: mailLog}
	if s.opts.Keep {
		box.File = filepath.Join(s.opts.Dir, "mails.jsonl")
	}
	s.served.Go(func() error { return mailbox.New(box).Serve(ctx, smtpL, mailL) })
	return smtpL.Addr().String(), nil
}

func (s *Stack) serve(ctx context.Context, l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	s.served.Go(func() error { return ignoreClosed(server.Serve(l)) })
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// environment fills in what api and worker read.
func (s *Stack) environment(smtp string) error {
	keyset := filepath.Join(s.opts.Dir, "keyset.json")
	if err := s.opts.CreateKeyset(keyset); err != nil {
		return err
	}
	policy := filepath.Join(s.opts.Dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte(cmp.Or(s.opts.Policy, mailAtOnce)), 0o600); err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	for name, value := range map[string]string{
		"DATABASE_URL":     s.postgres.URL("relink"),
		"TEMPORAL_ADDRESS": s.temporal.Address(), "TEMPORAL_NAMESPACE": s.temporal.Namespace,
		"PLAID_ENV": "sandbox", "PLAID_CLIENT_ID": sandboxID, "PLAID_SECRET": sandboxSecret,
		"PLAID_BASE_URL": s.World.Sandbox, "PLAID_LINK_URL": s.World.Sandbox + "/link/v2/stable/link-initialize.js",
		// Whoever sources this runs beside our api and worker: free ports, not theirs.
		"LISTEN_ADDR": "127.0.0.1:0", "ADMIN_ADDR": "127.0.0.1:0",
		"PUBLIC_URL": s.World.API, "SMTP_URL": "smtp://" + smtp + "?starttls=off", "MAIL_FROM": "relink <mail@relink.example.com>",
		"ENCRYPTION_KEYSET_FILE": keyset, "POLICY_FILE": policy,
		"RELINK_API_URL": s.World.API, "RELINK_SANDBOX_URL": s.World.Sandbox, "RELINK_MAILBOX_URL": s.World.Mailbox,
		"RELINK_TEMPORAL_UI_URL": s.TemporalUI,
	} {
		s.Env[name] = value
	}
	return nil
}

// childEnv is the stack's environment over the little of our own that a role needs: no other variable of the caller's leaks
// into it.
func (s *Stack) childEnv(more map[string]string) []string {
	var env []string
	for _, variable := range os.Environ() { //nolint:forbidigo // a child's environment, not our configuration
		name, _, _ := strings.Cut(variable, "=")
		if name == "PATH" || name == "HOME" || strings.HasPrefix(name, "OTEL_") {
			env = append(env, variable)
		}
	}
	for _, vars := range []map[string]string{s.Env, more} {
		for name, value := range vars {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func (s *Stack) run(ctx context.Context, command string) error {
	log, err := s.log(command)
	if err != nil {
		return err
	}
	err = proc.Run(ctx, proc.Options{Name: "relink " + command, Path: s.opts.Binary, Args: []string{command}, Env: s.childEnv(nil), Output: log})
	if err != nil {
		return fmt.Errorf("relink %s: %w", command, err)
	}
	return nil
}

// logger writes JSON lines into a part's log.
func (s *Stack) logger(name string) (*zap.Logger, error) {
	to, err := s.log(name)
	if err != nil {
		return nil, err
	}
	return zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel)), nil
}

func (s *Stack) log(name string) (io.Writer, error) {
	f, err := os.OpenFile(filepath.Join(s.opts.Dir, "logs", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	s.logsLock.Lock()
	defer s.logsLock.Unlock()
	s.logs = append(s.logs, f)
	return f, nil
}
