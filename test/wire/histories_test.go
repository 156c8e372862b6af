package wire_test

import (
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"relink/workflows"
)

// recordedPayload is one value of a history and what reads it today.
type recordedPayload struct {
	what string
	of   reflect.Type
	data []byte
}

func recordedHistories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	found := map[string]*historypb.History{}
	root := filepath.Join("..", "..", "workflows", "testdata", "histories")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		z, err := gzip.NewReader(f)
		require.NoError(t, err)
		found[path], err = client.HistoryFromJSON(z, client.HistoryJSONOptions{})
		return err
	}))
	require.NotEmpty(t, found)
	return found
}

// payloadsOf returns the values of a history whose types we know. Activities and updates are matched by the event that
// began them.
func payloadsOf(t *testing.T, h *historypb.History) []recordedPayload {
	t.Helper()
	var (
		found    []recordedPayload
		all      = wire()
		workflow string
		begun    = map[int64]string{} // the activity of each schedule event
	)
	add := func(what string, p *commonpb.Payloads) {
		typ, ok := all[what]
		for _, one := range p.GetPayloads() {
			require.True(t, ok, "nothing is known of %q", what)
			found = append(found, recordedPayload{what: what, of: typ, data: one.GetData()})
		}
	}
	for _, e := range h.GetEvents() {
		if a := e.GetWorkflowExecutionStartedEventAttributes(); a != nil {
			workflow = a.GetWorkflowType().GetName()
			add("workflow "+workflow, a.GetInput())
		}
		if a := e.GetWorkflowExecutionContinuedAsNewEventAttributes(); a != nil {
			add("workflow "+workflow, a.GetInput())
		}
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			begun[e.GetEventId()] = "activity " + a.GetActivityType().GetName()
			add(begun[e.GetEventId()], a.GetInput())
		}
		if a := e.GetActivityTaskCompletedEventAttributes(); a != nil {
			add(begun[a.GetScheduledEventId()]+" result", a.GetResult())
		}
		if a := e.GetWorkflowExecutionSignaledEventAttributes(); a != nil {
			add("signal "+a.GetSignalName(), a.GetInput())
		}
		if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
			add("update argument", a.GetAcceptedRequest().GetInput().GetArgs())
		}
		if a := e.GetWorkflowExecutionUpdateCompletedEventAttributes(); a != nil {
			add("update result", a.GetOutcome().GetSuccess())
		}
	}
	return found
}

func TestHistories_everyPayloadIsReadWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for file, h := range recordedHistories(t) {
		for _, p := range payloadsOf(t, h) {
			require.NoError(t, decodeWhole(p.data, reflect.New(p.of).Interface()), "%s: %s: %s", file, p.what, p.data)
			seen[p.what]++
		}
	}
	for _, what := range []string{
		"workflow " + workflows.TypeItem, "workflow " + workflows.TypeReconcile, "workflow " + workflows.TypeDeliver,
		"signal " + workflows.SignalHint, "signal " + workflows.SignalOperator, "update argument", "update result",
		"activity AskPlaid", "activity AskPlaid result", "activity SendMail", "activity SendMail result", "activity RecordTransitions",
		"activity PlanReminder result", "activity ExamineItem result", "activity TellPlatform",
	} {
		require.Positive(t, seen[what], "no history holds %s", what)
	}
}
