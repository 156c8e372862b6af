package probe

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
	"relink/internal/testkit"
)

// TestProbe asks for the servers and notes which it got. The folders a and b hold this same file, so the tests of
// testkit have two packages that ask.
func TestProbe(t *testing.T) {
	dir := os.Getenv("RELINK_PROBE_DIR") // where the note goes, under the name of the test binary
	require.NotEmpty(t, dir, "probes run only from the tests of testkit")
	note := map[string]string{"url": testkit.Postgres(t).URL}
	conn, err := pgx.Connect(t.Context(), note["url"])
	require.NoError(t, err)
	var server string
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&server))
	note["server"] = server // Postgres's data folder, one for each server
	require.NoError(t, conn.Close(t.Context()))
	if os.Getenv("RELINK_PROBE_WANT") == "both" {
		note["temporal"] = testkit.Temporal(t).Address
	}
	text, err := json.Marshal(note)
	require.NoError(t, err)
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".test")
	require.NoError(t, scratch.WriteFile(filepath.Join(dir, name), text))
	if os.Getenv("RELINK_PROBE_BLOCK") == "yes" {
		<-proc.DieWithParent(context.Background()).Done()
	}
}
