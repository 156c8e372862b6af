package lockfile_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/lockfile"
)

func TestTryAcquire_isExclusiveUntilRelease(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lockfile.TryAcquire(path)
	require.NoError(t, err)

	_, err = lockfile.TryAcquire(path)
	require.ErrorIs(t, err, lockfile.ErrHeld)
	require.ErrorContains(t, err, "process "+strconv.Itoa(os.Getpid()), "who holds it is said")

	first.Release()
	acquireSoon(t, path).Release()
}

// acquireSoon takes a lock that nobody has any more. A child that a parallel test forks may have it until its exec.
func acquireSoon(t *testing.T, path string) *lockfile.Lock {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	lock, err := lockfile.Acquire(ctx, path, nil)
	require.NoError(t, err)
	return lock
}

func TestAcquire_waitsForTheHolderUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lockfile.TryAcquire(path)
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 80*time.Millisecond)
	defer cancel()
	waited := 0
	_, err = lockfile.Acquire(ctx, path, func() { waited++ })
	require.ErrorIs(t, err, lockfile.ErrHeld)
	require.Equal(t, 1, waited, "the caller learns once that it waits")

	got := make(chan error, 1)
	go func() {
		lock, err := lockfile.Acquire(t.Context(), path, nil)
		if err == nil {
			lock.Release()
		}
		got <- err
	}()
	first.Release()
	require.NoError(t, <-got)
}

func TestLock_livesAsLongAsAChildThatHasItsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := lockfile.TryAcquire(path)
	require.NoError(t, err)
	child := exec.CommandContext(t.Context(), "sleep", "60")
	child.ExtraFiles = lock.Files()
	require.NoError(t, child.Start())
	lock.Release()

	_, err = lockfile.TryAcquire(path)
	require.ErrorIs(t, err, lockfile.ErrHeld)

	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	acquireSoon(t, path).Release()
}
