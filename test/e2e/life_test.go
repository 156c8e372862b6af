package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/internal/policy"
	"relink/workflows"
)

// stateOf waits until an Item is in a state, whichever incident it has come to.
func (s *stack) stateOf(ctx context.Context, id, state string) error {
	return blackbox.Await(ctx, "item "+id+" to be "+state, func(ctx context.Context) (bool, error) {
		it, err := s.Item(ctx, id)
		return it.State == state, err
	})
}

// walk has all Items held against Plaid's word, as the schedule does.
func (s *stack) walk(t *testing.T, ctx context.Context) workflows.ReconcileReport {
	t.Helper()
	run, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "walk-" + s.queue, TaskQueue: s.queue}, workflows.TypeReconcile, workflows.ReconcileState{})
	require.NoError(t, err)
	var found workflows.ReconcileReport
	require.NoError(t, run.Get(ctx, &found))
	return found
}

// deaf is an Item whose webhooks reach nobody.
func (s *stack) deaf(t *testing.T, ctx context.Context, m blackbox.Merchant) blackbox.Item {
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
		items = append(items, s.deaf(t, ctx, m))
	}
	for _, it := range items {
		require.NoError(t, s.stateOf(ctx, it.ID, "connected"))
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	want := map[string]string{}
	for range 4 { // weeks, each with its walk
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
		found := s.walk(t, ctx)
		require.Equal(t, len(items), found.Examined)
		require.Zero(t, found.Unanswered)
		for id, state := range want {
			if state == "connected" { // an end ahead is closed by evidence alone, and a consent that is gone is none
				continue
			}
			require.NoError(t, s.stateOf(ctx, id, state))
		}
	}
	again := s.walk(t, ctx)
	require.Empty(t, again.Differences, "nothing is left to repair")
	require.Equal(t, len(items), again.WrongWebhooks, "and it says whose webhooks go elsewhere")
	s.keptRun(t, ctx, "reconciled", "walk-"+s.queue, "")
}

func TestMail_listsAllBrokenItemsAndTheOthersWait(t *testing.T) {
	t.Parallel()
	p := mailAtOnce()
	p.Everybody.Gap = policy.Default().Everybody.Gap
	p.Everybody.SecondLook = 2 * time.Second // all three are broken by then
	s := startUnder(t, p)
	ctx := within(t, patience)
	var items []blackbox.Item
	for range 3 {
		it, err := s.Link(ctx, blueBottle)
		require.NoError(t, err)
		items = append(items, it)
	}
	for _, it := range items {
		_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
		require.NoError(t, err)
	}
	mail, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	require.NotEmpty(t, mail.MessageID)
	held := 0
	for _, it := range items {
		life := s.awaitLife(t, ctx, it, "a mail sent, held or planned in two days", func(l item.Life) bool {
			return l.Reminders == 1 || !l.Hold.Until.IsZero() || l.Plan.At.After(time.Now().Add(24*time.Hour))
		})
		if !life.Hold.Until.IsZero() {
			held++
			require.Greater(t, time.Until(life.Hold.Until), 47*time.Hour)
		}
	}
	mails, err := s.Mails(ctx, blueBottle.Email)
	require.NoError(t, err)
	require.Len(t, mails, 1)
	require.LessOrEqual(t, held, 2)
}

func TestMail_waitsWhileTheBankIsDown(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	require.NoError(t, s.Bank(ctx, "ins_109508", "DOWN"))
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	life := s.awaitLife(t, ctx, it, "a held mail", func(l item.Life) bool { return !l.Hold.Until.IsZero() })
	require.Equal(t, "nobody can log in at First Platypus Bank now", life.Hold.Why)
	mails, err := s.Mails(ctx, blueBottle.Email)
	require.NoError(t, err)
	require.Empty(t, mails)
	s.kept(t, ctx, "held-while-the-bank-is-down", it)
}

func TestExpiry_isMailedAndRenewedThroughLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	require.NoError(t, s.stateOf(ctx, it.ID, "connected"))
	_, _, err = s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "ITEM", "webhook_code": "PENDING_DISCONNECT"})
	require.NoError(t, err)
	_, err = s.AwaitState(ctx, it.ID, "expiring", 1)
	require.NoError(t, err)
	mail, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	link, err := mail.DeepLink()
	require.NoError(t, err)
	standing := repaired(t, s, ctx, it, link)
	require.Equal(t, "connected", standing.State)
	_, err = s.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	closed, err := s.AwaitMoment(ctx, it.ID, "incident_closed", 1)
	require.NoError(t, err)
	require.Contains(t, string(closed.Data), `"by":"linked_since"`, "the session that Plaid confirms is the evidence")
	s.kept(t, ctx, "expiring-renewed", it)
}

func TestOperatorCommand_reachesOneItemAndMany(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	var items []blackbox.Item
	var merchants []string
	var all errgroup.Group
	for i := range 3 {
		m := blueBottle
		m.ID, m.Email = fmt.Sprintf("order-%d-%s", i, s.queue[len(s.queue)-8:]), fmt.Sprintf("order-%d@example.com", i)
		it, err := s.Link(ctx, m)
		require.NoError(t, err)
		items, merchants = append(items, it), append(merchants, m.ID)
		all.Go(func() error {
			_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
			if err == nil {
				_, err = s.AwaitMail(ctx, m.Email, 1)
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	matching := fmt.Sprintf("RelinkMerchant IN ('%s', '%s')", merchants[0], merchants[1])
	require.NoError(t, blackbox.Await(ctx, "two Items to match", func(ctx context.Context) (bool, error) {
		n, err := s.lives.Count(ctx, matching)
		return n == 2, err
	}))
	reached, missed, err := s.lives.OrderAll(ctx, matching, item.OperatorCommand{Do: item.Snooze, Until: time.Now().Add(time.Hour), By: "olga"}, func(int64, int64) {})
	require.NoError(t, err)
	require.Equal(t, []int64{2, 0}, []int64{reached, missed})
	for _, it := range items[:2] {
		s.awaitLife(t, ctx, it, "a snooze", func(l item.Life) bool { return !l.SnoozedUntil.IsZero() })
	}
	untouched := s.awaitLife(t, ctx, items[2], "an answer", func(item.Life) bool { return true })
	require.Zero(t, untouched.SnoozedUntil)

	require.NoError(t, s.lives.Order(ctx, item.ID(items[0].ID), item.OperatorCommand{Do: item.Remind, By: "olga"}))
	_, err = s.AwaitMail(ctx, "order-0@example.com", 2)
	require.NoError(t, err, "a person's own mail goes out at once")
	s.kept(t, ctx, "ordered-by-a-person", items[0])
	require.NoError(t, s.lives.Order(ctx, item.ID(items[2].ID), item.OperatorCommand{Do: item.RemoveIt, By: "olga"}))
	require.NoError(t, s.stateOf(ctx, items[2].ID, "removed"))
}

func TestReconcile_hasOneScheduleForAllWorkers(t *testing.T) {
	t.Parallel()
	s := startOn(t, suggestingEarly(t)) // a server of its own: a schedule's id has no room for a test's name
	ctx := within(t, patience)
	it := s.deaf(t, ctx, blueBottle)
	require.NoError(t, s.stateOf(ctx, it.ID, "connected"))
	_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	for _, every := range []time.Duration{6 * time.Hour, 6 * time.Hour, time.Hour} {
		require.NoError(t, s.lives.EnsureReconcile(ctx, every))
	}
	d, err := s.temporal.ScheduleClient().GetHandle(ctx, workflows.ReconcileID("sandbox")).Describe(ctx)
	require.NoError(t, err)
	require.Len(t, d.Schedule.Spec.Intervals, 1)
	require.Equal(t, time.Hour, d.Schedule.Spec.Intervals[0].Every)
	require.NoError(t, s.lives.ReconcileNow(ctx))
	require.NoError(t, s.stateOf(ctx, it.ID, "login_required"))
}
