package proc_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/proc"
)

func TestChildEndsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	parent, children := startParent(t, "plain", 1)
	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	requireGone(t, children...)
}

func TestGrandchildEndsTooWhenTheGroupIsTied(t *testing.T) {
	t.Parallel()
	parent, family := startParent(t, "group", 2)
	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	requireGone(t, family...)
}

func TestEarlyEndIsAnErrorWithTheLastLines(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		var log bytes.Buffer
		p, err := proc.Start(proc.Options{
			Name: "server", Path: "/bin/sh", Args: []string{"-c", `seq 100; echo "port is taken" >&2; exit 7`}, Output: &log, Group: group,
		})
		require.NoError(t, err)
		<-p.Done()
		require.ErrorIs(t, p.Err(), proc.ErrEnded)
		require.ErrorContains(t, p.Err(), "server ended by itself (exit status 7)")
		require.ErrorContains(t, p.Err(), "\t100\n\tport is taken")
		require.NotContains(t, p.Err().Error(), "\t50\n", "only the last lines")
		require.ErrorIs(t, p.Stop(t.Context()), proc.ErrEnded, "stopping what is gone tells why it is gone")
		require.True(t, strings.HasPrefix(log.String(), "1\n2\n3\n"), "the log has all of it")
	}
}

func TestServerThatEndsInPeaceStillEndedUnasked(t *testing.T) {
	t.Parallel()
	p, err := proc.Start(proc.Options{Path: "true"})
	require.NoError(t, err)
	<-p.Done()
	require.ErrorIs(t, p.Err(), proc.ErrEnded)
}

func TestStopAsksAndIsNoError(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		p := startReady(t, `trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.01; done`, group)
		require.NoError(t, p.Stop(t.Context()))
		require.NoError(t, p.Err())
		require.Contains(t, p.Output(), "bye")
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	t.Parallel()
	p := startReady(t, `trap '' INT TERM; echo ready; while :; do sleep 0.01; done`, false)
	id, err := proc.Identify(p.PID())
	require.NoError(t, err)
	begin := time.Now()
	require.ErrorContains(t, p.Stop(t.Context()), "killed")
	require.Less(t, time.Since(begin), 5*time.Second)
	require.False(t, id.Alive())
}

func TestStopKillsAtOnceWhenItsContextIsOver(t *testing.T) {
	t.Parallel()
	p := startReady(t, `trap '' INT TERM; echo ready; while :; do sleep 0.01; done`, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, p.Stop(ctx), "killed")
	<-p.Done()
}

func TestRunAnswersTheExitStatusAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	require.NoError(t, proc.Run(t.Context(), proc.Options{Path: "true", Group: true}))

	err := proc.Run(t.Context(), proc.Options{Path: "/bin/sh", Args: []string{"-c", "echo no room >&2; exit 4"}})
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 4, exit.ExitCode())
	require.ErrorContains(t, err, "no room")

	stopped := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	require.ErrorIs(t, proc.Run(ctx, proc.Options{Path: "sleep", Args: []string{"300"}}), stopped)
}

func TestWhatIsNotThereCannotBeStarted(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		_, err := proc.Start(proc.Options{Path: filepath.Join(t.TempDir(), "nothing"), Group: group})
		require.ErrorContains(t, err, "start nothing")
		_, err = proc.Start(proc.Options{Path: "no-such-tool-anywhere", Group: group})
		require.ErrorIs(t, err, exec.ErrNotFound)
	}
}

func startReady(t *testing.T, script string, group bool) *proc.Process {
	t.Helper()
	p, err := proc.Start(proc.Options{
		Path: "/bin/sh", Args: []string{"-c", script}, StopSignal: syscall.SIGINT, Grace: time.Second, Group: group,
	})
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	require.Eventually(t, func() bool { return strings.Contains(p.Output(), "ready") }, 5*time.Second, time.Millisecond)
	return p
}
