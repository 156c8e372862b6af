// Package report is what the probes share: two packages whose tests ask for the same servers, and a note of which they
// got.
package report

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"relink/internal/devstack/proc"
	"relink/internal/testkit"
	"relink/internal/testkit/testdata/probe/note"
)

// Write asks for the servers and writes the note.
func Write(t *testing.T, name string) {
	dir := os.Getenv(note.DirVar)
	require.NotEmpty(t, dir, "probes run only from the tests of testkit")
	got := note.Note{URL: testkit.Postgres(t).URL}
	conn, err := pgx.Connect(t.Context(), got.URL)
	require.NoError(t, err)
	require.NoError(t, conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&got.Server))
	require.NoError(t, conn.Close(t.Context()))
	if os.Getenv(note.WantVar) == "both" {
		got.Temporal = testkit.Temporal(t).Address
	}
	text, err := json.Marshal(got)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".new"), text, 0o644))
	require.NoError(t, os.Rename(filepath.Join(dir, name+".new"), filepath.Join(dir, name)))
	if os.Getenv(note.BlockVar) == "yes" {
		<-proc.DieWithParent(context.Background()).Done()
	}
}
