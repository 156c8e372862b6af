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

// go test runs one test binary per package, several at a time. The first test that needs a server starts a keeper for it: a process of
// its own, since the test's own may end before the others. The keeper starts the server, writes down where it is, and stops
// it when the run is over: it watches the go command, so it does not matter how that ends. The server in turn dies with the keeper.
//
//	go test ──► a.test ──► keeper of postgres ──► postgres
//	   ▲  └───► b.test         │ watches
//	   └───────────────────────┘
//
// The keeper is the test binary itself, started once more: anything else would have to be built first, by a go command that
// is not there when a test binary is run by hand or in a debugger.

const (
	kindPostgres = "postgres"
	kindTemporal = "temporal"

	// What makes a test binary a keeper, and of what.
	keeperVar = "RELINK_TESTKIT_KEEPER"

	watchEvery = 250 * time.Millisecond
	stopWithin = 3 * time.Second
)

// order is what a keeper is told, as JSON in its environment.
type order struct {
	Kind  string  `json:"kind"`
	Dir   string  `json:"dir"`   // of the run
	Watch proc.ID `json:"watch"` // the run is over when this process is
}

// init is the only way in: the test binary's main belongs to go test and its TestMain to the package under test. It does nothing unless
// we ourselves started the binary as a keeper, and then it never comes back.
func init() {
	if text := os.Getenv(keeperVar); text != "" { //nolint:forbidigo // set by startKeeper, below
		_ = os.Unsetenv(keeperVar) // not for the keeper's own children
		os.Exit(keeperMain(text))  //nolint:forbidigo // a program of its own from here on
	}
}

func keeperMain(text string) (exit int) {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		fmt.Fprintln(os.Stderr, "read the keeper's order:", err)
		return 2
	}
	if err := keep(o); err != nil {
		fmt.Fprintln(os.Stderr, err) // the keeper's log
		return 1
	}
	return 0
}

// keep runs one server from now to the end of the run.
func keep(o order) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	go func() {
		defer cancel()
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for o.Watch.Alive() && ctx.Err() == nil {
			<-tick.C
		}
	}()

	run := run{dir: o.Dir, watch: o.Watch}
	defer run.forget(o.Kind)
	self, err := proc.Identify(os.Getpid())
	if err != nil {
		return err
	}
	s, e, err := serve(ctx, o.Kind)
	if err != nil {
		// Written down, so that the tests of other packages don't try the same once more.
		err = errors.Join(err, run.write(o.Kind, endpoint{Keeper: self, Failure: err.Error()}))
		<-ctx.Done()
		return err
	}
	e.Keeper = self
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
	Stop(context.Context) error
}

func serve(ctx context.Context, kind string) (server, endpoint, error) {
	say := func(line string) { fmt.Fprintln(os.Stderr, line) }
	switch kind {
	case kindPostgres:
		s, err := pgserver.Start(ctx, pgserver.Options{Log: os.Stderr, Progress: say})
		if err != nil {
			return nil, endpoint{}, err
		}
		return s, endpoint{Address: s.URL("postgres")}, nil
	case kindTemporal:
		s, err := temporalserver.Start(ctx, temporalserver.Options{
			UIPort: temporalserver.Headless, SearchAttributes: SearchAttributes(), Log: os.Stderr, Progress: say,
		})
		if err != nil {
			return nil, endpoint{}, err
		}
		return s, endpoint{Address: s.Address(), Namespace: s.Namespace}, nil
	default:
		return nil, endpoint{}, fmt.Errorf("there is no keeper of %q", kind)
	}
}

// startKeeper starts this binary once more, in a session of its own: a Ctrl-C in the terminal is for the tests, the keeper sees
// their end soon enough. It has none of our output, which go test reads until the last process that holds it has ended.
func startKeeper(o order) (proc.ID, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return proc.ID{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return proc.ID{}, err
	}
	log, err := os.OpenFile(logPath(o.Dir, o.Kind), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
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
	// Nobody waits for it: a goroutine that did would be there at the end of the tests, and they may look for leaks.
	return id, errors.Join(err, cmd.Process.Release())
}
