package temporalserver_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/temporalserver"
)

// These tests change the environment, so they do not run beside others.

const (
	works  = "#!/bin/sh\necho temporal version 1\n"
	broken = "#!/bin/sh\nexit 127\n"
	// fakeGo stands in for the go command. It prints what go install -v prints, notes that it ran, and leaves a program
	// in GOBIN.
	fakeGo = `#!/bin/sh
echo "$@" >>"$NOTES"
echo "go: downloading go.temporal.io/server v1.29.1" >&2
echo "internal/goarch" >&2
echo "go.temporal.io/server/temporal" >&2
printf '#!/bin/sh\necho built\n' >"$GOBIN/temporal"
chmod +x "$GOBIN/temporal"
`
)

func TestEnsure_takesTemporalOnPathIfItRuns(t *testing.T) {
	cache, bin := emptyMachine(t)
	mine := program(t, bin, "temporal", works)
	path, err := temporalserver.Ensure(t.Context(), func(string) {})
	require.NoError(t, err)
	require.Equal(t, mine, path)
	require.NoDirExists(t, filepath.Join(cache, "relink"))
}

func TestEnsure_buildsOnceForAllAndReportsProgress(t *testing.T) {
	cache, bin := emptyMachine(t)
	program(t, bin, "temporal", broken) // a shim with nothing behind it
	program(t, bin, "go", fakeGo)
	notes := filepath.Join(bin, "notes")
	t.Setenv("NOTES", notes)

	var mu sync.Mutex
	var said []string
	paths := make(chan string, 3)
	for range cap(paths) {
		go func() {
			path, err := temporalserver.Ensure(t.Context(), func(line string) {
				mu.Lock()
				defer mu.Unlock()
				said = append(said, line)
			})
			if err != nil {
				path = err.Error()
			}
			paths <- path
		}()
	}
	want := filepath.Join(cache, "relink", "temporal-v1.5.1", "temporal")
	for range cap(paths) {
		require.Equal(t, want, <-paths)
	}
	ran, err := os.ReadFile(notes)
	require.NoError(t, err)
	require.Equal(t, "install -v -trimpath -ldflags=-s -w github.com/temporalio/cli/cmd/temporal@v1.5.1\n", string(ran))
	all := strings.Join(said, "\n")
	require.Contains(t, all, "5 minutes on 2 cores and 210 MB")
	require.NotContains(t, all, "downloading its CLI", "it is off")
	require.Contains(t, all, "1 modules downloaded, 2 packages compiled")
	require.NoDirExists(t, filepath.Join(filepath.Dir(want), "building"))

	path, err := temporalserver.Ensure(t.Context(), func(line string) { t.Error("said", line) })
	require.NoError(t, err)
	require.Equal(t, want, path)
}

func TestEnsure_failedBuildHasTheCompilersWords(t *testing.T) {
	cache, bin := emptyMachine(t)
	program(t, bin, "go", "#!/bin/sh\necho 'no space left on device' >&2\nexit 1\n")
	_, err := temporalserver.Ensure(t.Context(), func(string) {})
	require.ErrorContains(t, err, "build Temporal: run go install")
	require.ErrorContains(t, err, "no space left on device")
	require.NoFileExists(t, filepath.Join(cache, "relink", "temporal-v1.5.1", "temporal"))
}

func TestEnsure_withoutGoSaysWhatToInstall(t *testing.T) {
	_, bin := emptyMachine(t)
	t.Setenv("PATH", bin)
	_, err := temporalserver.Ensure(t.Context(), func(line string) { t.Error("said", line) })
	require.ErrorIs(t, err, temporalserver.ErrNoTemporal)
}

func TestEnsure_buildEndsWithItsContext(t *testing.T) {
	_, bin := emptyMachine(t)
	program(t, bin, "go", "#!/bin/sh\nsleep 300 &\nwait\n")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := temporalserver.Ensure(ctx, func(string) {})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// emptyMachine has neither Temporal nor Go, an empty cache, and downloads off. It returns the cache, and a folder that
// is first in PATH.
func emptyMachine(t *testing.T) (cache, bin string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv(temporalserver.DownloadVar, "off")
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	bin = t.TempDir()
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	return cache, bin
}

func program(t *testing.T, dir, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	return path
}
