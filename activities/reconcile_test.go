package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/tasks"
	"relink/internal/vault"
)

const ourURL = "https://relink.example.com/webhooks/plaid/sandbox"

// fakeReconcile is Plaid and the records of one Item.
type fakeReconcile struct {
	tokens
	check item.Check
	life  item.Life
	hints []inbox.Entry
	tasks []tasks.Task
	moved []string
}

func (f *fakeReconcile) Check(_ context.Context, token vault.Sealed) (item.Check, error) {
	return f.check, nil
}

func (f *fakeReconcile) UpdateWebhook(_ context.Context, _ vault.Sealed, url string) error {
	f.moved = append(f.moved, url)
	return nil
}

func (f *fakeReconcile) Load(context.Context, item.ID) (item.Ref, item.Life, error) {
	return item.Ref{ID: itemID, Environment: "sandbox"}, f.life, nil
}

func (f *fakeReconcile) ItemsAfter(context.Context, item.ID, int) ([]item.ID, error) {
	return []item.ID{itemID}, nil
}

func (f *fakeReconcile) Receive(_ context.Context, e inbox.Entry) (inbox.Receipt, error) {
	f.hints = append(f.hints, e)
	return inbox.Receipt{RowID: 1}, nil
}

func (f *fakeReconcile) OpenTask(_ context.Context, t tasks.Task) error {
	f.tasks = append(f.tasks, t)
	return nil
}

func (f *fakeReconcile) examine(t *testing.T, r fixedPolicy) activities.ItemReport {
	t.Helper()
	f.tokens = enrolled
	a := activities.NewReconcile(f, f, r, ourURL)
	report, _, err := perform[activities.ItemReport](t, a, a.ExamineItem, itemID)
	require.NoError(t, err)
	return report
}

func TestExamineItem_leavesAnItemAloneThatIsAsItShouldBe(t *testing.T) {
	t.Parallel()
	f := &fakeReconcile{check: item.Check{Webhook: ourURL, DataAt: time.Now()}, life: item.Life{State: item.Connected}}
	require.Zero(t, f.examine(t, permissive()))
	require.Empty(t, f.hints)
	require.Empty(t, f.tasks)
}

func TestExamineItem_makesUpForALostWebhookWithAHint(t *testing.T) {
	t.Parallel()
	broken := item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}
	f := &fakeReconcile{check: item.Check{Webhook: ourURL, Status: broken}, life: item.Life{State: item.Connected}}
	require.Equal(t, activities.ItemReport{Difference: item.LostBreak}, f.examine(t, permissive()))
	require.Equal(t, []inbox.Entry{{Source: item.FromReconcile, Environment: "sandbox", ItemID: itemID, Code: "reconcile/broken"}}, f.hints)
}

func TestExamineItem_repairsAWrongWebhookOnlyIfThePolicyAllows(t *testing.T) {
	t.Parallel()
	f := &fakeReconcile{check: item.Check{Webhook: "https://elsewhere.example.com"}, life: item.Life{State: item.Connected}}
	require.Equal(t, activities.ItemReport{WrongWebhook: true}, f.examine(t, permissive()))
	require.Empty(t, f.moved)
	require.Equal(t, tasks.WebhookElsewhere, f.tasks[0].Kind)

	r := permissive()
	r.Reconcile.RepairWebhooks = true
	require.Equal(t, activities.ItemReport{WrongWebhook: true, Repaired: true}, f.examine(t, r))
	require.Equal(t, []string{ourURL}, f.moved)
}

func TestExamineItem_findsStaleDataAndLongWaits(t *testing.T) {
	t.Parallel()
	old := time.Now().Add(-8 * 24 * time.Hour)
	f := &fakeReconcile{check: item.Check{Webhook: ourURL, DataAt: old}, life: item.Life{State: item.Connected}}
	require.True(t, f.examine(t, permissive()).Stale)
	require.Equal(t, tasks.StaleData, f.tasks[0].Kind)

	f = &fakeReconcile{
		check: item.Check{Webhook: ourURL, Status: item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}},
		life:  item.Life{State: item.LoginRequired, Cause: item.Credentials, BrokenSince: time.Now().Add(-31 * 24 * time.Hour)},
	}
	require.Equal(t, activities.ItemReport{LongBroken: true}, f.examine(t, permissive()))
	require.Empty(t, f.hints, "our records say the same")
}
