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

// office is Plaid and our memory of one Item.
type office struct {
	tokens
	checkup item.Check
	life    item.Life
	hints   []inbox.Entry
	tasks   []tasks.Task
	moved   []string
}

func (o *office) Check(_ context.Context, token vault.Sealed) (item.Check, error) {
	return o.checkup, nil
}

func (o *office) UpdateWebhook(_ context.Context, _ vault.Sealed, url string) error {
	o.moved = append(o.moved, url)
	return nil
}

func (o *office) Load(context.Context, item.ID) (item.Ref, item.Life, error) {
	return item.Ref{ID: itemID, Environment: "sandbox"}, o.life, nil
}

func (o *office) ItemsAfter(context.Context, item.ID, int) ([]item.ID, error) {
	return []item.ID{itemID}, nil
}

func (o *office) Receive(_ context.Context, a inbox.Entry) (inbox.Receipt, error) {
	o.hints = append(o.hints, a)
	return inbox.Receipt{RowID: 1}, nil
}

func (o *office) OpenTask(_ context.Context, t tasks.Task) error {
	o.tasks = append(o.tasks, t)
	return nil
}

func (o *office) examine(t *testing.T, r rule) activities.ItemReport {
	t.Helper()
	o.tokens = enrolled
	a := activities.NewReconcile(o, o, r, ourURL)
	found, _, err := perform[activities.ItemReport](t, a, a.ExamineItem, itemID)
	require.NoError(t, err)
	return found
}

func TestAnItemAsItShouldBeIsLeftAlone(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Check{Webhook: ourURL, DataAt: time.Now()}, life: item.Life{State: item.Connected}}
	require.Zero(t, o.examine(t, plain()))
	require.Empty(t, o.hints)
	require.Empty(t, o.tasks)
}

func TestALostWebhookIsMadeGoodByAHint(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Check{Webhook: ourURL, Status: item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}}, life: item.Life{State: item.Connected}}
	require.Equal(t, activities.ItemReport{Difference: item.LostBreak}, o.examine(t, plain()))
	require.Equal(t, []inbox.Entry{{Source: item.FromReconcile, Environment: "sandbox", ItemID: itemID, Code: "reconcile/broken"}}, o.hints)
}

func TestAWrongWebhookURLIsReportedAndRepairedOnlyWhenThePolicySaysSo(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Check{Webhook: "https://elsewhere.example.com"}, life: item.Life{State: item.Connected}}
	require.Equal(t, activities.ItemReport{WrongWebhook: true}, o.examine(t, plain()))
	require.Empty(t, o.moved)
	require.Equal(t, tasks.WebhookElsewhere, o.tasks[0].Kind)

	r := plain()
	r.Reconcile.RepairWebhooks = true
	require.Equal(t, activities.ItemReport{WrongWebhook: true, Repaired: true}, o.examine(t, r))
	require.Equal(t, []string{ourURL}, o.moved)
}

func TestStaleDataAndLongWaitsAreFound(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Check{Webhook: ourURL, DataAt: time.Now().Add(-8 * 24 * time.Hour)}, life: item.Life{State: item.Connected}}
	require.True(t, o.examine(t, plain()).Stale)
	require.Equal(t, tasks.StaleData, o.tasks[0].Kind)

	o = &office{
		checkup: item.Check{Webhook: ourURL, Status: item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}},
		life:    item.Life{State: item.LoginRequired, Cause: item.Credentials, BrokenSince: time.Now().Add(-31 * 24 * time.Hour)},
	}
	require.Equal(t, activities.ItemReport{LongBroken: true}, o.examine(t, plain()))
	require.Empty(t, o.hints, "we know")
}
