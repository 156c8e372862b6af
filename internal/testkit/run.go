package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
)

const (
	joinPoll = 10 * time.Millisecond
	// A first start may build Temporal. A package has 10 minutes by default, which end first then.
	joinLimit = 20 * time.Minute
	// The end of the test's own time, which it needs to report what it waited for.
	reportTime = 5 * time.Second
	logLines   = 20
)

// endpoint is what a keeper writes down about its server.
type endpoint struct {
	Keeper    proc.ID `json:"keeper"`
	Address   string  `json:"address,omitempty"`
	Namespace string  `json:"namespace,omitempty"`
	Failure   string  `json:"failure,omitempty"` // why there is no server
}

// run is one go test run: a folder that its test binaries find by the process that they have in common.
type run struct {
	dir   string
	watch proc.ID
}

// thisRun is keyed by the go command that started us. Without one it is keyed by ourselves: a shell or a debugger
// outlives many test binaries, and servers that watch it would stay.
func thisRun() (run, error) {
	pid := os.Getppid()
	if !proc.IsGoTool(pid) {
		pid = os.Getpid()
	}
	id, err := proc.Identify(pid)
	if err != nil {
		return run{}, err
	}
	r := run{dir: runDir(id), watch: id}
	return r, os.MkdirAll(r.dir, 0o700)
}

func runPrefix() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("relink-testkit-%d-", os.Geteuid()))
}

// runDir has the start time in its name, because the system reuses process ids.
func runDir(watch proc.ID) string {
	return fmt.Sprintf("%s%d-%s", runPrefix(), watch.PID, strings.ReplaceAll(watch.Start, " ", "-"))
}

func (r run) path(kind, suffix string) string { return filepath.Join(r.dir, kind+suffix) }

// join returns what the keeper of a kind wrote down. It starts the keeper if this is the first test to ask.
func (r run) join(ctx context.Context, kind string) (endpoint, error) {
	lock, err := lockfile.Acquire(ctx, r.path(kind, ".lock"), nil)
	if err != nil {
		return endpoint{}, fmt.Errorf("wait for the test that starts it: %w%s", err, r.log(kind))
	}
	defer lock.Release()
	if e, err := r.read(kind); err == nil && e.Keeper.Alive() {
		return e, nil
	}
	removeLeftRuns()
	keeper, err := startKeeper(order{Kind: kind, Dir: r.dir, Watch: r.watch})
	if err != nil {
		return endpoint{}, fmt.Errorf("start its keeper: %w", err)
	}
	for keeper.Alive() {
		if e, err := r.read(kind); err == nil && e.Keeper == keeper {
			return e, nil
		}
		select {
		case <-time.After(joinPoll):
		case <-ctx.Done():
			return endpoint{}, fmt.Errorf("wait until it is up: %w%s", context.Cause(ctx), r.log(kind))
		}
	}
	return endpoint{}, fmt.Errorf("its keeper ended%s", r.log(kind))
}

func (r run) read(kind string) (e endpoint, err error) {
	text, err := os.ReadFile(r.path(kind, ".json"))
	if err != nil {
		return endpoint{}, err
	}
	return e, json.Unmarshal(text, &e)
}

func (r run) write(kind string, e endpoint) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return scratch.WriteFile(r.path(kind, ".json"), text)
}

// forget removes the keeper's endpoint, and with the end of the run the whole folder.
func (r run) forget(kind string) {
	if r.watch.Alive() {
		_ = os.Remove(r.path(kind, ".json")) // the next test may start another
		return
	}
	_ = os.RemoveAll(r.dir)
}

// log returns the end of the keeper's log, for an error text.
func (r run) log(kind string) string {
	text, err := os.ReadFile(r.path(kind, ".log"))
	if err != nil || len(text) == 0 {
		return ""
	}
	return "; its log ends with:\n\t" + strings.Join(proc.LastLines(string(text), logLines), "\n\t")
}

// removeLeftRuns removes the folders of runs of ours that are over and whose keepers were killed. It looks at the
// process id alone: a folder that stays a while longer, because the id was reused, does no harm.
func removeLeftRuns() {
	folders, _ := filepath.Glob(runPrefix() + "*")
	for _, folder := range folders {
		var pid int
		_, err := fmt.Sscanf(strings.TrimPrefix(folder, runPrefix()), "%d-", &pid)
		if _, over := proc.Identify(pid); over != nil && err == nil {
			_ = os.RemoveAll(folder)
		}
	}
}

// shared returns the run's server of a kind, or fails the test.
func shared(tb testing.TB, kind string) endpoint {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), joinLimit)
	defer cancel()
	if d, ok := tb.(interface{ Deadline() (time.Time, bool) }); ok {
		if at, limited := d.Deadline(); limited {
			ctx, cancel = context.WithDeadline(ctx, at.Add(-reportTime))
			defer cancel()
		}
	}
	r, err := thisRun()
	var e endpoint
	if err == nil {
		e, err = r.join(ctx, kind)
	}
	if e.Failure != "" {
		err = errors.New(e.Failure)
	}
	if err != nil {
		tb.Fatalf("this run's %s: %v", kind, err)
	}
	return e
}
