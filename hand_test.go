package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"relink/internal/item"
	"relink/internal/testkit"
	"relink/starter"
	"relink/workflows"
)

// TestTheShellsQueriesFindWhoTheyMean gives orders to Items of a real Temporal. Nobody works on them: an order that waits
// in their histories is enough.
func TestTheShellsQueriesFindWhoTheyMean(t *testing.T) {
	t.Parallel()
	server := testkit.Temporal(t)
	c, err := client.Dial(client.Options{HostPort: server.Address, Namespace: server.Namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	lives := starter.New(c, starter.Options{Environment: "sandbox", Namespace: server.Namespace})

	partner := fmt.Sprintf(`o'neil & co, 100%% %d`, time.Now().UnixNano())
	state, of := temporal.NewSearchAttributeKeyKeyword("RelinkState"), temporal.NewSearchAttributeKeyKeyword("RelinkPartner")
	begin := func(id item.ID, in item.State, partner string) {
		wid := workflows.ID("sandbox", id)
		_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: wid, TaskQueue: "nobody works here", TypedSearchAttributes: temporal.NewSearchAttributes(state.ValueSet(string(in)), of.ValueSet(partner)),
		}, workflows.TypeItem, workflows.Input{ItemID: id})
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.TerminateWorkflow(context.WithoutCancel(t.Context()), wid, "", "the test is over") })
	}
	prefix := fmt.Sprintf("itm_hand_%d_", time.Now().UnixNano())
	for i, in := range item.States() {
		begin(item.ID(fmt.Sprint(prefix, i)), in, partner)
	}
	begin(item.ID(prefix+"other"), item.LoginRequired, partner+"2")

	query := waitingIn(item.PausePartner, partner)
	require.Eventually(t, func() bool {
		n, err := count(t.Context(), lives, query)
		return err == nil && n == 3
	}, 30*time.Second, 100*time.Millisecond, "expiring, login_required and revoked")

	s, out, _ := at()
	require.NoError(t, order(t, s, "snooze", "--until", "3d", "--query", query, "--yes").run(t.Context(), lives))
	require.Equal(t, "3 of 3 have the order to snooze\n", out.String())
	for i, in := range item.States() {
		orders := signalsOf(t, c, workflows.ID("sandbox", item.ID(fmt.Sprint(prefix, i))))
		if !in.NeedsMerchant() {
			require.Empty(t, orders, in)
			continue
		}
		require.Equal(t, []item.Order{{Do: item.Snooze, Until: noon.Add(72 * time.Hour), By: "olga"}}, orders, in)
	}
	require.Empty(t, signalsOf(t, c, workflows.ID("sandbox", item.ID(prefix+"other"))))

	_, err = count(t.Context(), lives, "RelinkStat = 'revoked'")
	require.ErrorIs(t, err, errUsage, "Temporal knows no such attribute")
	err = order(t, s, "recheck", prefix+"0", prefix+"nowhere").run(t.Context(), lives)
	require.ErrorContains(t, err, "1 Item could not be reached")
}

func signalsOf(t *testing.T, c client.Client, workflowID string) (orders []item.Order) {
	t.Helper()
	for history := c.GetWorkflowHistory(t.Context(), workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); history.HasNext(); {
		e, err := history.Next()
		require.NoError(t, err)
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil && s.GetSignalName() == workflows.SignalOperator {
			var o item.Order
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(s.GetInput(), &o))
			orders = append(orders, o)
		}
	}
	return orders
}
