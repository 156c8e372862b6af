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
	"sync/atomic"

	"relink/internal/devstack/proc"
)

const cliPackage = "github.com/temporalio/cli/cmd/temporal@v" + version

// build compiles the CLI from its module and puts it at target.
func build(ctx context.Context, target string, progress func(string)) error {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return ErrNoTemporal
	}
	progress("there is no Temporal here: building its development server v" + version + " from source, once. " +
		"It is a whole server with its UI: about 5 minutes on 2 cores and 210 MB, kept in " + filepath.Dir(target))
	// In the same folder, so that a rename moves it. A build that was killed leaves it for the next one.
	bin := filepath.Join(filepath.Dir(target), "building")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return err
	}
	log := &buildLog{}
	stop := report(progress, "building", log)
	err = proc.Run(ctx, proc.Options{
		Name: "go install " + cliPackage, Path: goTool, Output: log, Dir: bin, Env: buildEnvironment(bin),
		Args:  []string{"install", "-v", "-trimpath", "-ldflags=-s -w", cliPackage},
		Group: true, // its compilers end with us too
	})
	stop()
	if err != nil {
		return fmt.Errorf("build Temporal: %w", err)
	}
	built := filepath.Join(bin, "temporal")
	if !runs(ctx, built) {
		return fmt.Errorf("%s does not run", built)
	}
	defer func() { _ = os.Remove(bin) }()
	return os.Rename(built, target)
}

// buildEnvironment is ours without the settings of another build: flags, a workspace, another system.
func buildEnvironment(bin string) []string {
	return proc.Environ(func(name string) bool {
		return slices.Contains([]string{"GOBIN", "GOFLAGS", "GOWORK", "GOOS", "GOARCH", "GO111MODULE"}, name)
	}, "GOBIN="+bin, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
}

// buildLog counts what go install -v prints: "go: downloading MODULE VERSION", and the path of each package it
// compiles.
type buildLog struct{ downloaded, compiled atomic.Int64 }

// Write implements io.Writer. The go command writes whole lines.
func (l *buildLog) Write(b []byte) (int, error) {
	for line := range bytes.Lines(b) {
		switch {
		case bytes.HasPrefix(line, []byte("go: downloading ")):
			l.downloaded.Add(1)
		case !bytes.ContainsAny(line, " :#"):
			l.compiled.Add(1)
		}
	}
	return len(b), nil
}

func (l *buildLog) String() string {
	return fmt.Sprintf("%d modules downloaded, %d packages compiled", l.downloaded.Load(), l.compiled.Load())
}
