package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"relink/internal/devstack/freeport"
	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
)

const (
	superuser = "postgres"
	host      = "127.0.0.1"
	// Between our looking for a free port and Postgres taking it somebody else may take it.
	portAttempts = 5
	readyPoll    = 10 * time.Millisecond
	// A killed predecessor may still be closing the folder; it has this long.
	predecessorWait = 15 * time.Second
	stopGrace       = 10 * time.Second

	codeDuplicateDatabase = "42P04"
)

// Options say where the cluster lives. The zero value is a throw-away cluster on a free port.
type Options struct {
	// Dir holds the cluster. It is made when it is not there, and reused with all its data when it is. Empty: a throw-away folder,
	// in memory where there is room, removed by Stop.
	Dir      string
	Port     int               // on 127.0.0.1; 0: a free one
	Fsync    bool              // keep what was committed through a crash of the machine; a crash or kill of Postgres loses nothing either way
	Log      io.Writer         // Postgres's own log; nil: nowhere. Safe for concurrent use if it is shared
	Progress func(line string) // told what takes long, one line each; nil: nobody
}

// Server is a running Postgres. It trusts everyone who reaches 127.0.0.1, which is anyone with an account on this machine: there is
// nothing in it but what this machine's developer put there. It ends when our process does, whatever ends us.
type Server struct {
	Port int
	Dir  string // Options.Dir, or where the cluster had to go instead; it may be started again from here

	process   *proc.Process
	lock      *lockfile.Lock
	throwAway *scratch.Dir
}

// Start finds Postgres (or installs it, see [Ensure]), makes the cluster if there is none, starts it and returns when it takes
// connections. ctx bounds the start only; end the server with [Server.Stop]. [ErrNoPostgres] means that a person must install it.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	s := &Server{Dir: o.Dir}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start Postgres: %w", err), s.release())
		}
	}()
	bin, err := Ensure(ctx, o.Log, o.Progress)
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	if s.Dir == "" {
		if s.throwAway, err = scratch.New("postgres"); err != nil {
			return nil, err
		}
		s.Dir = s.throwAway.Path
	}
	if s.Dir, err = place(s.Dir, owner, o.Progress); err != nil {
		return nil, err
	}
	if s.lock, err = lockDir(ctx, s.Dir, o.Progress); err != nil {
		return nil, err
	}
	c := cluster{dir: s.Dir, owner: owner, fsync: o.Fsync, log: o.Log}
	if bin, err = c.prepare(ctx, bin); err != nil {
		return nil, err
	}
	if err := s.launch(ctx, c, bin, o); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) launch(ctx context.Context, c cluster, bin Binaries, o Options) error {
	var err error
	for range portAttempts {
		if s.Port = o.Port; s.Port == 0 {
			if s.Port, err = freeport.Take(); err != nil {
				return err
			}
		}
		s.process, err = proc.Start(proc.Options{
			Name: "postgres", Path: filepath.Join(bin.Dir, "postgres"), Args: arguments(c.data(), s.Port, o.Fsync),
			Dir: c.dir, Env: environment(), User: c.owner, Output: o.Log, ExtraFiles: []*os.File{s.lock.File()},
			StopSignal: syscall.SIGINT, // "fast": open transactions are rolled back
			// "Immediate": no checkpoint that could take longer than we promise; the next start recovers from the log. The postmaster
			// ends its children itself, which SIGKILL would not give it the time for.
			DeathSignal: syscall.SIGQUIT,
			Grace:       stopGrace,
		})
		if err != nil {
			return err
		}
		if err = s.awaitReady(ctx, c); err == nil {
			return nil
		}
		_ = s.process.Stop(context.WithoutCancel(ctx)) // err says more
		if !strings.Contains(s.process.Output(), "Address already in use") {
			return err
		}
		if o.Port != 0 {
			return fmt.Errorf("port %d is taken: %w", o.Port, err)
		}
	}
	return err
}

// awaitReady reads the file in which the postmaster itself writes how far it is. To connect would prove less: on a port that somebody
// else took before us, somebody else would answer.
func (s *Server) awaitReady(ctx context.Context, c cluster) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		if pid, status := c.postmaster(); pid == s.process.PID() && status == "ready" {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.process.Done():
			return s.process.Err()
		case <-ctx.Done():
			return fmt.Errorf("wait until it takes connections: %w", context.Cause(ctx))
		}
	}
}

// URL is the connection string of one of its databases, "postgres" for the one that is always there.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser), Host: net.JoinHostPort(host, strconv.Itoa(s.Port)), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase makes an empty database; one that is there already is left as it is.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == codeDuplicateDatabase {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// PID is the postmaster's process id.
func (s *Server) PID() int { return s.process.PID() }

// Done is closed when Postgres has ended, asked or not; Err then tells which.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err is nil unless Postgres ended though nobody asked it to; then it has the last lines of its log.
func (s *Server) Err() error { return s.process.Err() }

// Stop ends Postgres in order, kills it when ctx or its grace is over, and removes a throw-away cluster.
func (s *Server) Stop(ctx context.Context) error {
	return errors.Join(s.process.Stop(ctx), s.release())
}

// Kill ends Postgres as a crash would. The cluster stays, also a throw-away one, and may be started again from [Server.Dir].
func (s *Server) Kill() {
	s.process.Kill()
	s.lock.Release()
}

func (s *Server) release() error {
	if s.lock != nil {
		s.lock.Release()
	}
	if s.throwAway != nil {
		return s.throwAway.Remove()
	}
	return nil
}

func lockDir(ctx context.Context, dir string, progress func(string)) (*lockfile.Lock, error) {
	path := filepath.Join(dir, "relink.lock")
	lock, err := lockfile.TryAcquire(path)
	if !errors.Is(err, lockfile.ErrHeld) {
		return lock, err
	}
	progress("waiting for the Postgres that still uses " + dir)
	ctx, cancel := context.WithTimeout(ctx, predecessorWait)
	defer cancel()
	if lock, err = lockfile.Acquire(ctx, path); err != nil {
		return nil, fmt.Errorf("another Postgres uses this folder: %w", err)
	}
	return lock, nil
}
