package proc_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/proc"
)

func TestDieWithParent_endsWhenTheGoCommandIsKilled(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			gorun := exec.CommandContext(t.Context(), "go", "run", "./testdata/orphan")
			gorun.Stderr = os.Stderr
			out, err := gorun.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, gorun.Start())
			program := readIDs(t, out, 1)

			require.NoError(t, gorun.Process.Signal(signal))
			require.Error(t, gorun.Wait())
			requireGone(t, program...)
		})
	}
}

func TestDieWithParent_followsOnlyTheGoCommand(t *testing.T) {
	t.Parallel()
	require.Equal(t, proc.IsGoTool(os.Getppid()), proc.DieWithParent(t.Context()) != t.Context())
	require.False(t, proc.IsGoTool(os.Getpid()))
	require.False(t, proc.IsGoTool(1))
}

func TestIdentify_identityEndsWithTheProcess(t *testing.T) {
	t.Parallel()
	sleeper := exec.CommandContext(t.Context(), "sleep", "300")
	require.NoError(t, sleeper.Start())
	id, err := proc.Identify(sleeper.Process.Pid)
	require.NoError(t, err)
	require.True(t, id.Alive())
	require.False(t, proc.ID{PID: id.PID, Start: id.Start + "0"}.Alive(), "another process under the same id")

	require.NoError(t, sleeper.Process.Kill())
	requireGone(t, id) // it is a zombie now: nobody has waited for it
	require.Error(t, sleeper.Wait())
	_, err = proc.Identify(id.PID)
	require.Error(t, err)
}
