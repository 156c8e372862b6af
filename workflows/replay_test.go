package workflows_test

import (
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relink/internal/item"
	"relink/worker"
	"relink/workflows"
)

// histories are what earlier code did, one behaviour a file, recorded by the end-to-end run (make record).
func histories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/histories/*.json.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func unpacked(t *testing.T, file string) io.ReadCloser {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	return z
}

func TestEveryRecordedHistoryReplays(t *testing.T) {
	t.Parallel()
	for _, file := range histories(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			history, err := client.HistoryFromJSON(unpacked(t, file), client.HistoryJSONOptions{})
			require.NoError(t, err)
			replayer := sdkworker.NewWorkflowReplayer()
			worker.Register(replayer, item.ProductionRules())
			require.NoError(t, replayer.ReplayWorkflowHistory(nil, history))
		})
	}
}

// A replay that cannot fail would guard nothing.
func TestAWorkflowThatDoesSomethingElseDoesNotReplay(t *testing.T) {
	t.Parallel()
	for _, file := range histories(t) {
		history, err := client.HistoryFromJSON(unpacked(t, file), client.HistoryJSONOptions{})
		require.NoError(t, err)
		replayer := sdkworker.NewWorkflowReplayer()
		replayer.RegisterWorkflowWithOptions(func(ctx workflow.Context, in workflows.Input) error {
			return workflow.Sleep(ctx, time.Hour)
		}, workflow.RegisterOptions{Name: workflows.TypeItem})
		replayer.RegisterWorkflowWithOptions(func(ctx workflow.Context, m item.Message) error {
			return workflow.Sleep(ctx, time.Hour)
		}, workflow.RegisterOptions{Name: workflows.TypeDeliver})
		if filepath.Base(file) == "second-run.json.gz" {
			continue // an idle second run has done nothing yet
		}
		require.Error(t, replayer.ReplayWorkflowHistory(nil, history), file)
	}
}

var (
	secret    = regexp.MustCompile(`access-|public-|link-sandbox|/relink/|@|\bAda\b`)
	messageID = regexp.MustCompile(`\b[0-9a-f]{24}@relink\.example\.com\b`) // made from a mail's slot; it is nobody's address
	payload   = regexp.MustCompile(`"data":\s*"([^"]*)"`)
)

func TestNoHistoryHoldsASecretAnAddressOrAPersonsName(t *testing.T) {
	t.Parallel()
	for _, file := range histories(t) {
		text, err := io.ReadAll(unpacked(t, file))
		require.NoError(t, err)
		text = payload.ReplaceAllFunc(text, func(data []byte) []byte {
			plain, err := base64.StdEncoding.DecodeString(string(payload.FindSubmatch(data)[1]))
			require.NoError(t, err, file)
			return plain
		})
		held := "Blue Bottle"
		switch name := filepath.Base(file); {
		case strings.HasPrefix(name, "deliver-"):
			held = `{"key":"` // a delivery knows no names
		case strings.HasPrefix(name, "reconciled"):
			held = `"examined":` // nor does the walk over all Items
		}
		require.Contains(t, string(text), held, "%s: its payloads are not looked into", file)
		require.Empty(t, secret.FindString(string(messageID.ReplaceAll(text, nil))), file)
	}
}
