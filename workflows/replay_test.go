package workflows_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relink/internal/item"
	"relink/internal/item/inseconds"
	"relink/internal/neighbour"
	"relink/worker"
	"relink/workflows"
)

// recorded holds the histories of earlier code, one behaviour per file. The end-to-end tests record them (make record).
var recorded = os.DirFS("testdata/histories")

// inSeconds is the folder of the histories that were recorded under the rules in seconds.
const inSeconds = "seconds/"

// histories lists all recorded histories.
func histories(t *testing.T) (files []string) {
	t.Helper()
	require.NoError(t, fs.WalkDir(recorded, ".", func(file string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(file, ".json.gz") {
			files = append(files, file)
		}
		return err
	}))
	require.NotEmpty(t, files)
	return files
}

func unpacked(t *testing.T, file string) []byte {
	t.Helper()
	packed, err := fs.ReadFile(recorded, file)
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	return text
}

func historyOf(t *testing.T, file string) *historypb.History {
	t.Helper()
	history, err := client.HistoryFromJSON(bytes.NewReader(unpacked(t, file)), client.HistoryJSONOptions{})
	require.NoError(t, err)
	return history
}

func TestHistories_allReplay(t *testing.T) {
	t.Parallel()
	for _, file := range histories(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			rules := item.ProductionRules()
			if strings.HasPrefix(file, inSeconds) {
				rules = inseconds.Rules()
			}
			replayer := sdkworker.NewWorkflowReplayer()
			worker.Register(replayer, rules)
			require.NoError(t, replayer.ReplayWorkflowHistory(nil, historyOf(t, file)))
		})
	}
}

// A running workflow may depend on every history that was ever recorded, so none is changed or dropped. SHA256SUMS has
// the form of sha256sum, and recording adds to it.
func TestHistories_areAsTheyWereRecorded(t *testing.T) {
	t.Parallel()
	listed, err := fs.ReadFile(recorded, "SHA256SUMS")
	require.NoError(t, err)
	wanted := map[string]string{}
	for line := range strings.Lines(string(listed)) {
		sum, file, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		require.True(t, ok, line)
		require.NotContains(t, wanted, file, "listed twice")
		wanted[file] = sum
	}
	found := map[string]string{}
	for _, file := range histories(t) {
		packed, err := fs.ReadFile(recorded, file)
		require.NoError(t, err)
		found[file] = fmt.Sprintf("%x", sha256.Sum256(packed))
	}
	require.Equal(t, wanted, found)
}

// If no history holds a wait that ended by its timer, a change of that wait stays unnoticed.
func TestHistories_holdEveryKindOfTimer(t *testing.T) {
	t.Parallel()
	rang := map[string]int{}
	for _, file := range histories(t) {
		summaries := map[int64]string{}
		for _, event := range historyOf(t, file).GetEvents() {
			switch event.GetEventType() { //nolint:exhaustive // of dozens of kinds
			case enumspb.EVENT_TYPE_TIMER_STARTED:
				summaries[event.GetEventId()] = string(event.GetUserMetadata().GetSummary().GetData())
			case enumspb.EVENT_TYPE_TIMER_FIRED:
				rang[summaries[event.GetTimerFiredEventAttributes().GetStartedEventId()]]++
			}
		}
	}
	t.Log(rang)
	for summary, times := range map[string]int{
		`"next question to Plaid"`:     20,
		`"end of the merchant's Link"`: 2,
		`"reminder 2"`:                 5,
		`"reminder 3"`:                 2,
		`"a person is called"`:         2,
		`"mails are looked at again: the merchant got a mail"`: 1,
		`"end of the snooze"`: 1,
		`"the Item's end"`:    3,
	} {
		require.GreaterOrEqual(t, rang[summary], times, summary)
	}
}

// A replay that cannot fail proves nothing.
func TestHistories_doNotReplayBySomethingElse(t *testing.T) {
	t.Parallel()
	for _, file := range histories(t) {
		replayer := sdkworker.NewWorkflowReplayer()
		replayer.RegisterWorkflowWithOptions(func(ctx workflow.Context, in workflows.Input) error {
			return workflow.Sleep(ctx, time.Hour)
		}, workflow.RegisterOptions{Name: workflows.TypeItem})
		replayer.RegisterWorkflowWithOptions(func(ctx workflow.Context, m neighbour.Envelope) error {
			return workflow.Sleep(ctx, time.Hour)
		}, workflow.RegisterOptions{Name: workflows.TypeDeliver})
		if file == "second-run.json.gz" {
			continue // an idle second run has done nothing yet
		}
		silent := log.NewStructuredLogger(slog.New(slog.DiscardHandler)) // it would log every failure with its stack
		require.Error(t, replayer.ReplayWorkflowHistory(silent, historyOf(t, file)), file)
	}
}

var (
	secret    = regexp.MustCompile(`access-|public-|link-sandbox|/relink/|@|\bAda\b`)
	messageID = regexp.MustCompile(`\b[0-9a-f]{24}@relink\.example\.com\b`) // made from a mail's slot; it is nobody's address
	payload   = regexp.MustCompile(`"data":\s*"([^"]*)"`)
)

func TestHistories_holdNoSecretNoAddressAndNoPersonsName(t *testing.T) {
	t.Parallel()
	for _, file := range histories(t) {
		text := payload.ReplaceAllFunc(unpacked(t, file), func(data []byte) []byte {
			plain, err := base64.StdEncoding.DecodeString(string(payload.FindSubmatch(data)[1]))
			require.NoError(t, err, file)
			return plain
		})
		held := "Blue Bottle"
		switch name := path.Base(file); {
		case strings.HasPrefix(name, "deliver-"):
			held = `{"key":"` // a delivery knows no names
		case strings.HasPrefix(name, "reconciled"):
			held = `"examined":` // nor does the walk over all Items
		}
		require.Contains(t, string(text), held, "%s: its payloads were not decoded", file)
		require.Empty(t, secret.FindString(string(messageID.ReplaceAll(text, nil))), file)
	}
}
