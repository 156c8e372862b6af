package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relink/internal/blackbox"
	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
)

// role is one of relink's own processes.
type role struct {
	name    string
	args    []string
	env     map[string]string
	ready   string // this URL answers 200 once the role does its work
	process *proc.Process
}

func (s *Stack) allRoles() []*role {
	ports := s.opts.Ports
	api, worker := loopback(ports.APIAdmin), loopback(ports.WorkerAdmin)
	plaid := []string{"sandbox", "--listen", loopback(ports.Sandbox)}
	if s.opts.Keep {
		plaid = append(plaid, "--data", filepath.Join(s.opts.Dir, "plaid.json"))
	}
	return []*role{
		{name: "sandbox", args: plaid, ready: s.Client.Sandbox + "/control/webhook-key"},
		{
			name: "api", args: []string{"api"}, env: map[string]string{"LISTEN_ADDR": loopback(ports.API), "ADMIN_ADDR": api},
			ready: "http://" + api + "/readyz",
		},
		{name: "worker", args: []string{"worker"}, env: map[string]string{"ADMIN_ADDR": worker}, ready: "http://" + worker + "/readyz"},
	}
}

// spawn starts a role and waits until it is ready.
func (s *Stack) spawn(ctx context.Context, r *role) error {
	log, err := s.log(r.name)
	if err != nil {
		return err
	}
	p, err := proc.Start(proc.Options{
		Name: "relink " + r.name, Path: s.opts.Binary, Args: r.args, Env: s.childEnv(r.env), Output: log, Grace: 30 * time.Second,
	})
	if err != nil {
		return err
	}
	r.process = p
	go func() {
		if <-p.Done(); p.Err() != nil {
			s.failed <- p.Err()
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err = p.AwaitReady(ctx, func() (bool, error) {
		err := blackbox.Call(ctx, "GET", r.ready, "", nil, nil)
		return err == nil, err
	})
	if err != nil {
		err = fmt.Errorf("start %s: %w", r.name, err)
	}
	return err
}

// Kill ends a part as a crash would: "api", "worker", "sandbox" or "temporal". Its data stays.
func (s *Stack) Kill(name string) error {
	if name == "temporal" {
		s.temporal.Kill()
		return nil
	}
	r, err := s.role(name)
	if err == nil {
		r.process.Kill()
	}
	return err
}

// Restart starts a killed part again, at the same address and on the same data.
func (s *Stack) Restart(ctx context.Context, name string) error {
	if name == "temporal" {
		return s.startTemporal(ctx, s.temporal.Port, s.temporal.UIPort)
	}
	r, err := s.role(name)
	if err != nil {
		return err
	}
	return s.spawn(ctx, r)
}

func (s *Stack) role(name string) (*role, error) {
	for _, r := range s.roles {
		if r.name == name {
			return r, nil
		}
	}
	return nil, fmt.Errorf("the stack has no part %q", name)
}

// Failed returns a channel that gets the error of each part that ended without a request.
func (s *Stack) Failed() <-chan error { return s.failed }

// NotInstalled reports whether a person must install something first. err says what.
func NotInstalled(err error) bool {
	return errors.Is(err, pgserver.ErrNoPostgres) || errors.Is(err, temporalserver.ErrNoTemporal)
}

// Relink runs one of relink's own commands beside the roles, as a person at a shell would, and returns its standard
// output. Its standard error is in the log of commands; if it fails, the last line of that is in the error.
func (s *Stack) Relink(ctx context.Context, args ...string) (string, error) {
	log, err := s.log("commands")
	if err != nil {
		return "", err
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, s.opts.Binary, args...) //nolint:gosec // our own binary
	cmd.Env, cmd.Stdout, cmd.Stderr = s.childEnv(nil), &out, &said
	err = cmd.Run()
	if _, err := fmt.Fprintf(log, "relink %s\n%s%s", strings.Join(args, " "), out.Bytes(), said.Bytes()); err != nil {
		return "", fmt.Errorf("write log: %w", err)
	}
	if err != nil {
		return "", fmt.Errorf("relink %s: %w: %s", args[0], err, proc.LastLines(said.String(), 1)[0])
	}
	return out.String(), nil
}

// Stop must end everything within five seconds, on a busy machine too, so it kills what does not end in its time. That
// loses nothing: what matters was committed before it was answered.
const (
	rolesGrace   = 2 * time.Second
	serversGrace = 1500 * time.Millisecond
)

// Stop ends everything that Start started: first relink's processes, then what they need. It returns the errors of
// parts that had ended by themselves. A part that it had to kill is no error.
func (s *Stack) Stop() error {
	var roles, servers []func(context.Context) error
	for _, r := range s.roles {
		if r.process != nil {
			roles = append(roles, r.process.Stop)
		}
	}
	if s.temporal != nil {
		servers = append(servers, s.temporal.Stop)
	}
	if s.postgres != nil {
		servers = append(servers, s.postgres.Stop)
	}
	err := stopAll(roles, rolesGrace)
	if s.stopHTTP != nil {
		s.stopHTTP()
		err = errors.Join(err, s.served.Wait())
	}
	err = errors.Join(err, stopAll(servers, serversGrace))
	for _, l := range s.logs {
		_ = l.Close()
	}
	return err
}

func stopAll(stops []func(context.Context) error, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	errs := make([]error, len(stops))
	var wg sync.WaitGroup
	for i, stop := range stops {
		wg.Go(func() {
			if err := stop(ctx); errors.Is(err, proc.ErrEnded) {
				errs[i] = err
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// logger returns a logger that writes JSON lines into a part's log.
func (s *Stack) logger(name string) (*zap.Logger, error) {
	to, err := s.log(name)
	if err != nil {
		return nil, err
	}
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel)), nil
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
