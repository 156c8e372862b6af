package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStarter_enrolsNothingOfAFileThatIsNotRight(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "items.csv")
	require.NoError(t, os.WriteFile(path, []byte("item_id,email\nitm_1,nobody\n"), 0o600))
	for _, args := range [][]string{{"starter", path, "--shadow"}, {"starter", "--shadow=false", "--json", path, "--per-second", "5"}} {
		code, out, errOut := relink(t, args...)
		require.Equal(t, exitFailed, code)
		require.Empty(t, out)
		require.Contains(t, errOut, "is not right, nothing was enrolled")
	}
}

func TestKeyset_writesAFileOnceAndLeavesItAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyset.json")
	code, out, _ := relink(t, "keyset", path)
	require.Equal(t, exitDone, code)
	require.Contains(t, out, path)
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	_, _, _ = relink(t, "keyset", path)
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, first, again)
}
