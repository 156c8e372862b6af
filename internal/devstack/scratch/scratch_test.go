package scratch_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/scratch"
)

const helperVar = "RELINK_SCRATCH_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperVar) != "" {
		dir, err := scratch.New("helper")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(dir.Path)
		select {} // until killed
	}
	os.Exit(m.Run())
}

func TestNew_sweepsTheFolderOfAKilledProcessAndNoneInUse(t *testing.T) {
	t.Parallel()
	inUse, err := scratch.New("in-use")
	require.NoError(t, err)

	helper := exec.CommandContext(t.Context(), os.Args[0])
	helper.Env = append(helper.Environ(), helperVar+"=1")
	helper.Stderr = os.Stderr
	out, err := helper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, helper.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	left := lines.Text()
	require.DirExists(t, left)
	require.NoError(t, helper.Process.Kill())
	require.Error(t, helper.Wait())

	next, err := scratch.New("next")
	require.NoError(t, err)
	require.NoDirExists(t, left)
	require.DirExists(t, inUse.Path)

	require.NoError(t, next.Remove())
	require.NoError(t, inUse.Remove())
	require.NoDirExists(t, inUse.Path)
}

func TestNew_othersCanEnterOnlyRootsFolder(t *testing.T) {
	t.Parallel()
	dir, err := scratch.New("mode")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dir.Remove()) })
	info, err := os.Stat(dir.Path)
	require.NoError(t, err)
	want := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		want = 0o711
	}
	require.Equal(t, want, info.Mode().Perm())
	require.Contains(t, filepath.Base(dir.Path), fmt.Sprintf("mode-%d-", os.Getpid()), "a person can tell whose it is")
}
