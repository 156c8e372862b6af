package devstack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
	"relink/internal/outside"
)

// role is one of relink's own processes.
type role struct {
	name    string
	args    []string
	env     map[string]string
	ready   string // answers 200 once the role does its work
	process *proc.Process
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
		return fmt.Errorf("start %s: %w", r.name, err)
	}
	r.process = p
	go func() {
		<-p.Done()
		if err := p.Err(); err != nil {
			s.failed <- err
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return outside.Await(ctx, r.name+" to answer", func(ctx context.Context) (bool, error) {
		select {
		case <-p.Done():
			cancel() // it will never answer
			return false, p.Err()
		default:
			return true, outside.Call(ctx, "GET", r.ready, "", nil, nil)
		}
	})
}

// Kill ends a part as a crash would: "api", "worker", "sandbox" or "temporal". What it had written stays.
func (s *Stack) Kill(name string) error {
	if name == "temporal" {
		s.temporal.Kill()
		return nil
	}
	r, err := s.role(name)
	if err != nil {
		return err
	}
	r.process.Kill()
	return nil
}

// Restart starts a part that was killed again, at the same address and on the same data.
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

// Failed tells of a part that ended though nobody asked it to.
func (s *Stack) Failed() <-chan error { return s.failed }

// NotInstalled reports that a person must install something first; err says what.
func NotInstalled(err error) bool {
	return errors.Is(err, pgserver.ErrNoPostgres) || errors.Is(err, temporalserver.ErrNoTemporal)
}

// Whoever ends us wants all of it gone within five seconds, also on a busy machine: what has not ended in its time is
// killed. Nothing is lost by that: what matters was committed before it was answered.
const (
	rolesGrace   = 2 * time.Second
	serversGrace = 1500 * time.Millisecond
)

// Stop ends all that Start started: relink's processes first, what they stand on last. It reports parts that had ended
// by themselves; one that had to be killed is no error.
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
	errs := stopAll(roles, rolesGrace)
	if s.stopHTTP != nil {
		s.stopHTTP()
		errs = append(errs, s.served.Wait())
	}
	errs = append(errs, stopAll(servers, serversGrace)...)
	for _, l := range s.logs {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

func stopAll(stops []func(context.Context) error, grace time.Duration) []error {
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
	return errs
}
