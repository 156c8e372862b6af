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
		return err
	}
	built := filepath.Join(bin, "temporal")
	if !runs(ctx, built) {
		return fmt.Errorf("%s does not run", built)
	}
	if err := os.Rename(built, target); err != nil {
		return err
	}
	_ = os.Remove(bin)
	return nil
}

// buildEnvironment is ours without the settings of another build: flags, a workspace, another system.
func buildEnvironment(bin string) []string {
	return proc.Environ(func(name string) bool {
		return slices.Contains([]string{"GOBIN", "GOFLAGS", "GOWORK", "GOOS", "GOARCH", "GO111MODULE"}, name)
	}, "GOBIN="+bin, "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
}

// buildLog counts what go install -v prints: "go: downloading MODULE VERSION", and the path of each package it
// compiles.
type buildLog struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *buildLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

func (l *buildLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	downloaded, compiled := 0, 0
	for line := range bytes.Lines(l.text) {
		switch {
		case bytes.HasPrefix(line, []byte("go: downloading ")):
			downloaded++
		case !bytes.ContainsAny(line, " :#"):
			compiled++
		}
	}
	return fmt.Sprintf("%d modules downloaded, %d packages compiled", downloaded, compiled)
}
