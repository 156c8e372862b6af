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
)

const (
	runPrefix = "relink-testkit-"
	joinPoll  = 10 * time.Millisecond
	// A first start may build Temporal. go test gives a package 10 minutes unless told otherwise, which comes first then.
	joinLimit = 20 * time.Minute
	// Left of the test's own time for it to say what it waited for.
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

// run is one go test run: a folder that its test binaries find by the process they have in common.
type run struct {
	dir   string
	watch proc.ID
}

// thisRun is keyed by the go command that started us, under go test, else by ourselves: a shell or a debugger outlives
// many test binaries, and servers tied to it would stay.
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
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return run{}, fmt.Errorf("make the folder of this run: %w", err)
	}
	return r, nil
}

// runDir has the start time in its name, since process ids come again.
func runDir(watch proc.ID) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("%s%d-%d-%s", runPrefix, os.Geteuid(), watch.PID, strings.ReplaceAll(watch.Start, " ", "-")))
}

func (r run) path(kind, suffix string) string { return filepath.Join(r.dir, kind+suffix) }

func logPath(dir, kind string) string { return run{dir: dir}.path(kind, ".log") }

// join gives the run's server of a kind, and starts its keeper if this is the first to ask.
func (r run) join(ctx context.Context, kind string) (endpoint, error) {
	lock, err := lockfile.Acquire(ctx, r.path(kind, ".lock"), nil)
	if err != nil {
		return endpoint{}, fmt.Errorf("wait for the test that starts it: %w%s", err, r.log(kind))
	}
	defer lock.Release()
	e, err := r.read(kind)
	if err == nil && e.Keeper.Alive() {
		return e, e.failed()
	}
	removeLeftRuns()
	keeper, err := startKeeper(order{Kind: kind, Dir: r.dir, Watch: r.watch})
	if err != nil {
		return endpoint{}, fmt.Errorf("start its keeper: %w", err)
	}
	tick := time.NewTicker(joinPoll)
	defer tick.Stop()
	for {
		if e, err := r.read(kind); err == nil && e.Keeper == keeper {
			return e, e.failed()
		}
		if !keeper.Alive() {
			return endpoint{}, fmt.Errorf("its keeper ended%s", r.log(kind))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return endpoint{}, fmt.Errorf("wait until it is up: %w%s", context.Cause(ctx), r.log(kind))
		}
	}
}

func (e endpoint) failed() error {
	if e.Failure != "" {
		return errors.New(e.Failure)
	}
	return nil
}

func (r run) read(kind string) (e endpoint, err error) {
	text, err := os.ReadFile(r.path(kind, ".json"))
	if err != nil {
		return endpoint{}, err
	}
	err = json.Unmarshal(text, &e)
	return e, err
}

func (r run) write(kind string, e endpoint) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	// In one step: it is read while we write.
	fresh := r.path(kind, ".json.new")
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return fmt.Errorf("write down where the server is: %w", err)
	}
	return os.Rename(fresh, r.path(kind, ".json"))
}

// forget removes what this keeper's kind has in the folder, and the folder with the last.
func (r run) forget(kind string) {
	if r.watch.Alive() {
		_ = os.Remove(r.path(kind, ".json")) // the next test may start another
		return
	}
	for _, suffix := range []string{".json", ".json.new", ".lock", ".log"} {
		_ = os.Remove(r.path(kind, suffix))
	}
	_ = os.Remove(r.dir) // fails while the other keeper has something in it
}

// log is the end of the keeper's log, for an error text.
func (r run) log(kind string) string {
	text, err := os.ReadFile(r.path(kind, ".log"))
	if err != nil || len(text) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "; its log ends with:\n\t" + strings.Join(lines[max(0, len(lines)-logLines):], "\n\t")
}

// removeLeftRuns removes the folders of our own runs that are over and whose keepers were killed.
func removeLeftRuns() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), fmt.Sprintf("%s%d-*", runPrefix, os.Geteuid())))
	for _, folder := range folders {
		var id proc.ID
		rest := strings.TrimPrefix(filepath.Base(folder), fmt.Sprintf("%s%d-", runPrefix, os.Geteuid()))
		if _, err := fmt.Sscanf(rest, "%d-", &id.PID); err != nil {
			continue
		}
		// Whether it is the same process does not matter much: a folder that stays a while longer does no harm.
		if _, err := proc.Identify(id.PID); err != nil {
			_ = os.RemoveAll(folder)
		}
	}
}

// shared gives the run's server of a kind or fails the test.
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
	if err != nil {
		tb.Fatalf("this run's %s: %v", kind, err)
	}
	return e
}
