package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
)

// version is the newest one that go install can build: later modules hold a replace directive. It contains server
// 1.29.1 and UI 2.42.1.
const version = "1.5.1"

// ErrNoTemporal means that this machine has no Temporal and that we can neither download nor build it. Its text tells a
// person what to install; commands exit with 3.
var ErrNoTemporal = errors.New("no Temporal found: install the Temporal CLI (https://docs.temporal.io/cli) so that temporal is on PATH, " +
	"or Go, to build it with")

const (
	versionTimeout = 20 * time.Second
	progressEvery  = 10 * time.Second
)

// Ensure returns the path of the Temporal CLI. It takes the first of these that runs: temporal on PATH; the one that an
// earlier call left in the user's cache; its vendor's archive, downloaded into the cache; its module, built into the
// cache, which takes minutes. [ErrNoTemporal] means that a person must install something.
func Ensure(ctx context.Context, progress func(line string)) (path string, err error) {
	onPath, _ := exec.LookPath("temporal")
	cached := filepath.Join(scratch.CacheDir(), "temporal-v"+version, "temporal")
	for _, path := range []string{onPath, cached} {
		if runs(ctx, path) {
			return path, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return cached, install(ctx, cached, progress)
}

// install puts the CLI at target, once for all processes that ask at the same time.
func install(ctx context.Context, target string, progress func(string)) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return fmt.Errorf("make a folder for Temporal: %w", err)
	}
	waiting := func() { progress("waiting for another process that installs Temporal") }
	return lockfile.Once(ctx, target+".lock", waiting, func() bool { return runs(ctx, target) }, func() error {
		failed := download(ctx, target, progress)
		switch {
		case failed == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(failed, errNoArchive):
			failed = nil
		default:
			progress("Temporal was not downloaded: " + failed.Error())
		}
		err := build(ctx, target, progress)
		if errors.Is(err, ErrNoTemporal) {
			err = errors.Join(err, failed)
		}
		return err
	})
}

// runs reports whether the binary works here. A shim with nothing behind it, or a binary for another machine, does not.
func runs(ctx context.Context, path string) bool {
	_, err := versionOf(ctx, path)
	return err == nil
}

// versionOf returns what the binary says of itself: "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)".
func versionOf(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, path, "--version")
		cmd.Env = environment()
		cmd.WaitDelay = time.Second
		out, err := cmd.Output()
		// A file that we just wrote is "busy" while a child that another goroutine forks still has it open. Source:
		// https://github.com/golang/go/issues/22315.
		if errors.Is(err, syscall.ETXTBSY) && ctx.Err() == nil {
			continue
		}
		return strings.TrimSpace(string(out)), err
	}
}

// environment is ours without the addresses and profiles for clients, which would steer the Temporal CLI.
func environment() []string {
	return proc.Environ(func(name string) bool { return strings.HasPrefix(name, "TEMPORAL_") })
}

// report calls progress with what every few seconds, and once more when the returned func is called.
func report(progress func(string), doing string, what fmt.Stringer) (stop func()) {
	begin := time.Now()
	ended := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() {
		for {
			select {
			case <-time.After(progressEvery):
				progress(fmt.Sprintf("%s Temporal: %s, %s", doing, time.Since(begin).Round(time.Second), what))
			case <-ended:
				return
			}
		}
	})
	return func() {
		close(ended)
		reporter.Wait()
		progress(fmt.Sprintf("%s Temporal took %s: %s", doing, time.Since(begin).Round(time.Second), what))
	}
}
