package testkit

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"relink/internal/devstack/temporalserver"
)

func TestTemporal_knowsTheItemsSearchAttributes(t *testing.T) {
	t.Parallel()
	s := Temporal(t)
	c := dial(t, s)
	id := "item-test-" + rand.Text()
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, TaskQueue: id,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("RelinkName").ValueSet("Blue Bottle"),
			temporal.NewSearchAttributeKeyKeyword("RelinkState").ValueSet("login_required"),
			temporal.NewSearchAttributeKeyKeyword("RelinkEnvironment").ValueSet("sandbox"),
			temporal.NewSearchAttributeKeyKeyword("RelinkMerchant").ValueSet("m-1"),
			temporal.NewSearchAttributeKeyKeyword("RelinkInstitution").ValueSet("First Platypus Bank"),
			temporal.NewSearchAttributeKeyKeyword("RelinkPartner").ValueSet("iso-1"),
			temporal.NewSearchAttributeKeyTime("RelinkBrokenSince").ValueSet(time.Now()),
			temporal.NewSearchAttributeKeyInt64("RelinkReminders").ValueSet(2),
		),
	}, "Item")
	require.NoError(t, err)
	query := "WorkflowId = '" + id + "' AND RelinkReminders = 2 AND RelinkState = 'login_required' " +
		"AND RelinkBrokenSince > '2020-01-01T00:00:00Z'"
	require.Eventually(t, func() bool {
		found, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		return err == nil && len(found.GetExecutions()) == 1
	}, 10*time.Second, 20*time.Millisecond)
}

func TestOwnTemporal_hasItsOwnSettings(t *testing.T) {
	t.Parallel()
	own := OwnTemporal(t, temporalserver.Options{DynamicConfig: map[string]string{"limit.historyCount.suggestContinueAsNew": "3"}})
	require.Empty(t, own.UIURL())
	for server, suggested := range map[TemporalServer]bool{
		Temporal(t): false,
		{Address: own.Address(), Namespace: own.Namespace}: true,
	} {
		c := dial(t, server)
		queue := "queue-" + rand.Text()
		w := worker.New(c, queue, worker.Options{})
		w.RegisterWorkflowWithOptions(suggestion, workflow.RegisterOptions{Name: "suggestion"})
		require.NoError(t, w.Start())
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: queue}, "suggestion")
		require.NoError(t, err)
		var got bool
		require.NoError(t, run.Get(t.Context(), &got))
		require.Equal(t, suggested, got)
		w.Stop()
	}
}

func suggestion(ctx workflow.Context) (bool, error) {
	err := workflow.Sleep(ctx, 10*time.Millisecond)
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested(), err
}

func dial(t *testing.T, s TemporalServer) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: s.Address, Namespace: s.Namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
