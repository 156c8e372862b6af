package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
)

// go test runs one test binary for each package, several at a time. The first test that needs a server starts a keeper
// for it. The keeper is a process of its own, because the test's process may end before the others. The keeper starts
// the server, writes down where it is, and stops it when the run is over. It watches the go command, so it does not
// matter how that ends. The server in turn dies with the keeper.
//
//	go test ──► a.test ──► keeper of postgres ──► postgres
//	   ▲  └───► b.test         │ watches
//	   └───────────────────────┘
//
// The keeper is the test binary itself, started once more. Any other program would have to be built first, by a go
// command that is not there when somebody runs a test binary by hand or in a debugger.

const (
	kindPostgres = "postgres"
	kindTemporal = "temporal"

	// This variable makes a test binary a keeper, and says of what.
	keeperVar = "RELINK_TESTKIT_KEEPER"

	watchEvery = 250 * time.Millisecond
	stopWithin = 3 * time.Second
)

// order is what a keeper has to do, as JSON in its environment.
type order struct {
	Kind  string  `json:"kind"`
	Dir   string  `json:"dir"`   // of the run
	Watch proc.ID `json:"watch"` // the run is over when this process is
}

// init is the only way in: the test binary's main belongs to go test, and its TestMain to the package under test. It
// does nothing unless we started the binary as a keeper, and then it never returns.
func init() {
	text := os.Getenv(keeperVar) //nolint:forbidigo // startKeeper, below, sets it
	if text == "" {
		return
	}
	_ = os.Unsetenv(keeperVar) // not for the keeper's own children
	var o order
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = keep(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err) // the keeper's log
		os.Exit(1)                   //nolint:forbidigo // a program of its own from here on
	}
	os.Exit(0) //nolint:forbidigo // a program of its own from here on
}

// keep runs one server until the end of the run.
func keep(o order) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	go func() {
		defer cancel()
		for o.Watch.Alive() && ctx.Err() == nil {
			<-time.After(watchEvery)
		}
	}()

	run := run{dir: o.Dir, watch: o.Watch}
	defer run.forget(o.Kind)
	self, err := proc.Identify(os.Getpid())
	if err != nil {
		return err
	}
	s, e, err := serve(ctx, o.Kind)
	e.Keeper = self
	if err != nil {
		e.Failure = err.Error() // the tests of other packages read it, and do not try again
		err = errors.Join(err, run.write(o.Kind, e))
		<-ctx.Done()
		return err
	}
	err = run.write(o.Kind, e)
	select {
	case <-ctx.Done():
	case <-s.Done():
		err = errors.Join(err, s.Err())
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(err, s.Stop(ctx))
}

type server interface {
	Done() <-chan struct{}
	Err() error
	Stop(ctx context.Context) error
}

func serve(ctx context.Context, kind string) (server, endpoint, error) {
	say := func(line string) { fmt.Fprintln(os.Stderr, line) }
	if kind == kindPostgres {
		s, err := pgserver.Start(ctx, pgserver.Options{Log: os.Stderr, Progress: say})
		if err != nil {
			return nil, endpoint{}, err
		}
		return s, endpoint{Address: s.URL("postgres")}, nil
	}
	s, err := temporalserver.Start(ctx, temporalserver.Options{
		UIPort: temporalserver.Headless, SearchAttributes: SearchAttributes(), Log: os.Stderr, Progress: say,
	})
	if err != nil {
		return nil, endpoint{}, err
	}
	return s, endpoint{Address: s.Address(), Namespace: s.Namespace}, nil
}

// startKeeper starts this binary once more, in a session of its own: a Ctrl-C in the terminal is for the tests, and the
// keeper notices their end soon enough. The keeper does not get our output, because go test reads that until the last
// process that has it ends.
func startKeeper(o order) (proc.ID, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return proc.ID{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return proc.ID{}, err
	}
	log, err := os.OpenFile(run{dir: o.Dir}.path(o.Kind, ".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return proc.ID{}, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(self)                              //nolint:gosec,noctx // this very program; it outlives the test
	cmd.Args = []string{"relink-testkit-keeper-" + o.Kind} // as ps shows it
	cmd.Env = append(cmd.Environ(), keeperVar+"="+string(text))
	cmd.Dir = filepath.Dir(o.Dir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return proc.ID{}, err
	}
	id, err := proc.Identify(cmd.Process.Pid)
	// Nothing waits for it: a waiting goroutine would be a leak in the eyes of tests that look for leaks.
	return id, errors.Join(err, cmd.Process.Release())
}
