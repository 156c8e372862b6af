package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/item"
	"relink/workflows"
)

// fakeItems is all Items, and what an examination finds about each.
type fakeItems struct {
	ids   []item.ID
	finds map[item.ID]activities.ItemReport
	fails map[item.ID]error

	mu       sync.Mutex // activities run at once
	examined []item.ID
}

func (f *fakeItems) list(_ context.Context, p activities.Page) ([]item.ID, error) {
	from, _ := slices.BinarySearch(f.ids, p.After+"\x00")
	return f.ids[from:min(len(f.ids), from+p.Limit)], nil
}

func (f *fakeItems) examine(_ context.Context, id item.ID) (activities.ItemReport, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.examined = append(f.examined, id)
	return f.finds[id], f.fails[id]
}

func newFakeItems(n int) *fakeItems {
	f := &fakeItems{finds: map[item.ID]activities.ItemReport{}, fails: map[item.ID]error{}}
	for i := range n {
		f.ids = append(f.ids, item.ID(fmt.Sprintf("itm_%05d", i)))
	}
	return f
}

// walk runs the workflow, and its next runs, to the end.
func (f *fakeItems) walk(t *testing.T) (found workflows.ReconcileReport, runs int) {
	t.Helper()
	in := workflows.ReconcileState{}
	for {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		var reconcile *activities.Reconcile
		env.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: workflows.TypeReconcile})
		env.RegisterActivity(&activities.Reconcile{})
		env.OnActivity(reconcile.ListItems, mock.Anything, mock.Anything).Return(f.list)
		env.OnActivity(reconcile.ExamineItem, mock.Anything, mock.Anything).Return(f.examine)
		env.ExecuteWorkflow(workflows.TypeReconcile, in)
		runs++
		err := env.GetWorkflowError()
		var again *workflow.ContinueAsNewError
		if errors.As(err, &again) {
			in = workflows.ReconcileState{}
			require.NoError(t, dataConverter.FromPayloads(again.Input, &in))
			continue
		}
		require.NoError(t, err)
		require.NoError(t, env.GetWorkflowResult(&found))
		return found, runs
	}
}

func TestReconcile_examinesEveryItemOnceOverManyRuns(t *testing.T) {
	t.Parallel()
	f := newFakeItems(2_600)
	found, runs := f.walk(t)
	require.Equal(t, 2_600, found.Examined)
	require.Equal(t, 2, runs, "histories stay short")
	slices.Sort(f.examined)
	require.Equal(t, f.ids, f.examined)
}

func TestReconcile_countsWhatItFindsAndGoesOnWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	f := newFakeItems(120)
	f.finds[f.ids[3]] = activities.ItemReport{Difference: item.LostBreak}
	f.finds[f.ids[70]] = activities.ItemReport{Difference: item.LostBreak, LongBroken: true}
	f.finds[f.ids[119]] = activities.ItemReport{Stale: true, WrongWebhook: true, Repaired: true}
	f.fails[f.ids[50]] = temporal.NewNonRetryableApplicationError("refused", "Refused", nil)
	found, _ := f.walk(t)
	require.Equal(t, workflows.ReconcileReport{
		Examined: 120, Unanswered: 1, Differences: map[item.Difference]int{item.LostBreak: 2}, Stale: 1, WrongWebhooks: 1,
		Repaired: 1, LongBroken: 1,
	}, found)
}
