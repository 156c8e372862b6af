package proc_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/proc"
)

func TestStart_childEndsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	parent, children := startParent(t, "plain", 1)
	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	requireGone(t, children...)
}

func TestStart_grandchildOfAGroupEndsToo(t *testing.T) {
	t.Parallel()
	parent, family := startParent(t, "group", 2)
	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	requireGone(t, family...)
}

func TestErr_hasTheLastLinesOfAnEarlyEnd(t *testing.T) {
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

func TestErr_exitStatus0IsAnEarlyEndToo(t *testing.T) {
	t.Parallel()
	p, err := proc.Start(proc.Options{Path: "true"})
	require.NoError(t, err)
	<-p.Done()
	require.ErrorIs(t, p.Err(), proc.ErrEnded)
}

func TestStop_asksAndReturnsNoError(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		p := startReady(t, `trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.01; done`, group)
		require.NoError(t, p.Stop(t.Context()))
		require.NoError(t, p.Err())
		require.Contains(t, p.Output(), "bye")
	}
}

func TestStop_killsAfterItsGrace(t *testing.T) {
	t.Parallel()
	p := startReady(t, `trap '' INT TERM; echo ready; while :; do sleep 0.01; done`, false)
	id, err := proc.Identify(p.PID())
	require.NoError(t, err)
	begin := time.Now()
	require.ErrorContains(t, p.Stop(t.Context()), "killed")
	require.Less(t, time.Since(begin), 5*time.Second)
	require.False(t, id.Alive())
}

func TestStop_killsWhenItsContextIsOver(t *testing.T) {
	t.Parallel()
	p := startReady(t, `trap '' INT TERM; echo ready; while :; do sleep 0.01; done`, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, p.Stop(ctx), "killed")
	<-p.Done()
}

func TestRun_returnsTheExitStatusAndEndsWithItsContext(t *testing.T) {
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

func TestStart_refusesAProgramThatIsMissing(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		_, err := proc.Start(proc.Options{Path: filepath.Join(t.TempDir(), "nothing"), Group: group})
		require.ErrorContains(t, err, "start nothing")
		_, err = proc.Start(proc.Options{Path: "no-such-tool-anywhere", Group: group})
		require.ErrorIs(t, err, exec.ErrNotFound)
	}
}

func TestAwaitReady_failsWhenTheChildEndsOrTimeIsOver(t *testing.T) {
	t.Parallel()
	p := startReady(t, `echo ready; sleep 300`, false)
	calls := 0
	require.NoError(t, p.AwaitReady(t.Context(), func() (bool, error) { calls++; return calls == 3, nil }))
	final := errors.New("wrong type")
	require.ErrorIs(t, p.AwaitReady(t.Context(), func() (bool, error) { return true, final }), final)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := p.AwaitReady(ctx, func() (bool, error) { return false, final })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, final, "the last answer is in the error")

	child, err := os.FindProcess(p.PID())
	require.NoError(t, err)
	require.NoError(t, child.Kill())
	require.ErrorIs(t, p.AwaitReady(t.Context(), func() (bool, error) { return false, nil }), proc.ErrEnded)
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
