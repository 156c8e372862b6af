package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
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
	stopGrace = 10 * time.Second

	codeDuplicateDatabase = "42P04"
)

// Options say where the cluster is. The zero value is a throw-away cluster on a free port.
type Options struct {
	// Dir holds the cluster. Start makes it if it is missing, and reuses the data in it. Empty: a throw-away folder, in
	// memory if there is room, which Stop removes.
	Dir      string
	Port     int               // on 127.0.0.1; 0: a free one
	Fsync    bool              // a crash of the machine loses no commit; a crash of Postgres alone loses none either way
	Log      io.Writer         // Postgres's own log; nil: nowhere. Safe for concurrent use if it is shared
	Progress func(line string) // gets a line about each step that takes long; may be nil
}

// Server is a running Postgres. It trusts every account of this machine, so it is for development data only. It ends
// when our process does, however that ends. Its Err returns nil unless it ended without a request.
type Server struct {
	*proc.Process
	Port int
	Dir  string // Options.Dir, or where the cluster had to go instead; Start accepts it

	lock      *lockfile.Lock
	throwAway *scratch.Dir
}

// Start finds or installs Postgres (see [Ensure]), makes the cluster if there is none, starts it, and returns when it
// accepts connections. ctx bounds the start only; [Server.Stop] ends the server. [ErrNoPostgres] means that a person
// must install it.
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
	if s.lock, err = lockfile.AcquireData(ctx, filepath.Join(s.Dir, "relink.lock"), "Postgres", s.Dir, o.Progress); err != nil {
		return nil, err
	}
	c := cluster{dir: s.Dir, owner: owner, fsync: o.Fsync, log: o.Log}
	if bin, err = c.prepare(ctx, bin); err != nil {
		return nil, err
	}
	return s, freeport.Try(func(ports []int) error {
		s.Port = ports[0]
		return s.launch(ctx, c, bin, o)
	}, o.Port)
}

func (s *Server) launch(ctx context.Context, c cluster, bin Binaries, o Options) (err error) {
	s.Process, err = proc.Start(proc.Options{
		Name: "postgres", Path: filepath.Join(bin.Dir, "postgres"), Args: arguments(c.data(), s.Port, o.Fsync),
		Dir: c.dir, Env: environment(), User: c.owner, Output: o.Log, ExtraFiles: s.lock.Files(),
		StopSignal: syscall.SIGINT, // "fast": it rolls open transactions back
		// "Immediate": a checkpoint could take longer than we promise, and the next start recovers from the log. The
		// postmaster ends its own children, for which SIGKILL would leave it no time.
		DeathSignal: syscall.SIGQUIT,
		Grace:       stopGrace,
	})
	if err != nil {
		return err
	}
	// The postmaster itself writes how far it is. To connect would prove less: if somebody else took the port first,
	// somebody else would answer.
	err = s.AwaitReady(ctx, func() (bool, error) {
		pid, status := c.postmaster()
		return pid == s.PID() && status == "ready", nil
	})
	if err != nil {
		_ = s.Process.Stop(context.WithoutCancel(ctx)) // err says more
	}
	return err
}

// URL returns the connection string of one of its databases. The database "postgres" always exists.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser), Host: net.JoinHostPort(host, strconv.Itoa(s.Port)), Path: "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase makes an empty database. It leaves one that exists as it is.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err == nil {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
		_ = conn.Close(context.WithoutCancel(ctx))
	}
	if pg := (*pgconn.PgError)(nil); err == nil || errors.As(err, &pg) && pg.Code == codeDuplicateDatabase {
		return nil
	}
	return fmt.Errorf("create database %s: %w", name, err)
}

// Stop ends Postgres in order, kills it when ctx or its grace is over, and removes a throw-away cluster.
func (s *Server) Stop(ctx context.Context) error {
	return errors.Join(s.Process.Stop(ctx), s.release())
}

// Kill ends Postgres as a crash would. The cluster stays, even a throw-away one, and can be started from [Server.Dir].
func (s *Server) Kill() {
	s.Process.Kill()
	s.lock.Release()
}

func (s *Server) release() error {
	s.lock.Release()
	if s.throwAway != nil {
		return s.throwAway.Remove()
	}
	return nil
}
