package temporalserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
)

const (
	cliPackage = "github.com/temporalio/cli/cmd/temporal@" + cliVersion
	sayEvery   = 10 * time.Second
)

// build compiles the CLI into target, once for all who ask at the same time.
func build(ctx context.Context, target string, progress func(string)) error {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return ErrNoTemporal
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return fmt.Errorf("build Temporal: %w", err)
	}
	lock, err := lockfile.TryAcquire(target + ".lock")
	if err != nil {
		progress("another process is building Temporal; waiting for it")
		if lock, err = lockfile.Acquire(ctx, target+".lock"); err != nil {
			return fmt.Errorf("wait for the build of Temporal: %w", err)
		}
	}
	defer lock.Release()
	if runs(ctx, target) {
		return nil
	}
	progress("there is no Temporal here: building its development server " + cliVersion + " from source, once. It is a whole server with its " +
		"UI: about 5 minutes on 2 cores and 210 MB, kept in " + filepath.Dir(target))

	// In the same folder, so that the rename below is one step; left from a killed build, it is used again.
	bin := filepath.Join(filepath.Dir(target), "building")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return fmt.Errorf("build Temporal: %w", err)
	}
	counter := &counter{}
	saying := sayWhile(counter, progress)
	err = proc.Run(ctx, proc.Options{
		Name: "go install " + cliPackage, Path: goTool, Output: counter, Dir: bin, Env: buildEnvironment(bin),
		Args:  []string{"install", "-v", "-trimpath", "-ldflags=-s -w", cliPackage},
		Group: true, // its compilers end with us too
	})
	saying()
	if err != nil {
		return fmt.Errorf("build Temporal: %w", err)
	}
	built := filepath.Join(bin, "temporal")
	if !runs(ctx, built) {
		return fmt.Errorf("build Temporal: %s does not run", built)
	}
	if err := os.Rename(built, target); err != nil {
		return fmt.Errorf("build Temporal: %w", err)
	}
	_ = os.Remove(bin)
	return nil
}

// buildEnvironment is ours without what is meant for another build: flags, a workspace, another system.
func buildEnvironment(bin string) []string {
	return proc.Environ(func(name string) bool {
		return slices.Contains([]string{"GOBIN", "GOFLAGS", "GOWORK", "GOOS", "GOARCH", "GO111MODULE"}, name)
	}, "GOBIN="+bin, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
}

// counter counts what go install -v prints: "go: downloading MODULE VERSION", and the path of each package it compiles.
type counter struct {
	mu                   sync.Mutex
	rest                 []byte
	downloaded, compiled int
}

func (c *counter) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = append(c.rest, b...)
	for {
		line, rest, whole := bytes.Cut(c.rest, []byte("\n"))
		if !whole {
			return len(b), nil
		}
		c.rest = rest
		switch {
		case bytes.HasPrefix(line, []byte("go: downloading ")):
			c.downloaded++
		case !bytes.ContainsAny(line, " :#"):
			c.compiled++
		}
	}
}

func (c *counter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%d modules downloaded, %d packages compiled", c.downloaded, c.compiled)
}

// sayWhile tells every few seconds how far the build is, until the returned func is called.
func sayWhile(c *counter, progress func(string)) (stop func()) {
	begin := time.Now()
	done := make(chan struct{})
	var teller sync.WaitGroup
	teller.Go(func() {
		tick := time.NewTicker(sayEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				progress(fmt.Sprintf("building Temporal: %s, %s", time.Since(begin).Round(time.Second), c))
			case <-done:
				progress(fmt.Sprintf("building Temporal took %s: %s", time.Since(begin).Round(time.Second), c))
				return
			}
		}
	})
	return func() {
		close(done)
		teller.Wait()
	}
}
