package telemetry_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/telemetry"
)

var update = flag.Bool("update", false, "write docs/metrics.md anew")

func TestDocument_isDocsMetricsMd(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "metrics.md")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(telemetry.Document()), 0o644))
	}
	document, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, telemetry.Document(), string(document), "go test ./internal/telemetry -update writes it anew")
}
