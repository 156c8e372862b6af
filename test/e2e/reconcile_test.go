package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"relink/internal/blackbox"
	"relink/workflows"
)

// stateOf waits until an Item is in a state, in any incident.
func (s *stack) stateOf(ctx context.Context, id, state string) error {
	return blackbox.Await(ctx, "item "+id+" to be "+state, func(ctx context.Context) (bool, error) {
		it, err := s.Item(ctx, id)
		return it.State == state, err
	})
}

// reconcile compares all Items with Plaid, as the schedule does.
func (s *stack) reconcile(t *testing.T, ctx context.Context) workflows.ReconcileReport {
	t.Helper()
	run, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "walk-" + s.queue, TaskQueue: s.queue},
		workflows.TypeReconcile, workflows.ReconcileState{})
	require.NoError(t, err)
	var found workflows.ReconcileReport
	require.NoError(t, run.Get(ctx, &found))
	return found
}

// enrolUnreachable enrols an Item whose webhooks do not reach relink.
func (s *stack) enrolUnreachable(t *testing.T, ctx context.Context, m blackbox.Merchant) blackbox.Item {
	t.Helper()
	token, err := s.PublicToken(ctx, "ins_109508", s.Sandbox+"/nobody")
	require.NoError(t, err)
	it, err := s.Enrol(ctx, token, m)
	require.NoError(t, err)
	return it
}

func TestReconcile_aloneRepairsAMonthOfLostWebhooks(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	var items []blackbox.Item
	for i := range 12 {
		m := blueBottle
		m.ID = fmt.Sprintf("m-%d", i)
		items = append(items, s.enrolUnreachable(t, ctx, m))
	}
	for _, it := range items {
		require.NoError(t, s.stateOf(ctx, it.ID, "connected"))
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	want := map[string]string{}
	for range 4 { // weeks, each with one reconciliation
		for _, it := range items {
			switch dice.IntN(5) {
			case 0:
				_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
				require.NoError(t, err)
				want[it.ID] = "login_required"
			case 1:
				_, err := s.Break(ctx, it.ID, "USER_PERMISSION_REVOKED")
				require.NoError(t, err)
				want[it.ID] = "revoked"
			case 2:
				require.NoError(t, s.Heal(ctx, it.ID))
				require.NoError(t, s.Consent(ctx, it.ID, time.Time{}))
				want[it.ID] = "connected"
			case 3:
				require.NoError(t, s.Heal(ctx, it.ID))
				require.NoError(t, s.Consent(ctx, it.ID, time.Now().Add(time.Duration(5+dice.IntN(20))*24*time.Hour)))
				want[it.ID] = "expiring"
			}
		}
		found := s.reconcile(t, ctx)
		require.Equal(t, len(items), found.Examined)
		require.Zero(t, found.Unanswered)
		for id, state := range want {
			if state == "connected" { // only evidence closes an expiry, and a missing consent is no evidence
				continue
			}
			require.NoError(t, s.stateOf(ctx, id, state))
		}
	}
	again := s.reconcile(t, ctx)
	require.Empty(t, again.Differences, "nothing is left to repair")
	require.Equal(t, len(items), again.WrongWebhooks, "and it names Items whose webhooks go elsewhere")
	s.keptRun(t, ctx, "reconciled", "walk-"+s.queue, "")
}

func TestReconcile_hasOneScheduleForAllWorkers(t *testing.T) {
	t.Parallel()
	s := startOn(t, suggestingEarly(t)) // a server of its own: a schedule's id has no room for a test's name
	ctx := within(t, patience)
	it := s.enrolUnreachable(t, ctx, blueBottle)
	require.NoError(t, s.stateOf(ctx, it.ID, "connected"))
	_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	for _, every := range []time.Duration{6 * time.Hour, 6 * time.Hour, time.Hour} {
		require.NoError(t, s.starter.EnsureReconcile(ctx, every))
	}
	d, err := s.temporal.ScheduleClient().GetHandle(ctx, workflows.ReconcileID("sandbox")).Describe(ctx)
	require.NoError(t, err)
	require.Len(t, d.Schedule.Spec.Intervals, 1)
	require.Equal(t, time.Hour, d.Schedule.Spec.Intervals[0].Every)
	require.NoError(t, s.starter.ReconcileNow(ctx))
	require.NoError(t, s.stateOf(ctx, it.ID, "login_required"))
}
