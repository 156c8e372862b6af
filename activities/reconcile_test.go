package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
)

const ourURL = "https://relink.example.com/webhooks/plaid/sandbox"

// office is Plaid and our memory of one Item.
type office struct {
	tokens
	checkup item.Checkup
	life    item.Life
	hints   []item.Arrival
	tasks   []item.Task
	moved   []string
}

func (o *office) Check(_ context.Context, token item.Sealed) (item.Checkup, error) {
	return o.checkup, nil
}

func (o *office) UpdateWebhook(_ context.Context, _ item.Sealed, url string) error {
	o.moved = append(o.moved, url)
	return nil
}

func (o *office) Load(context.Context, item.ID) (item.Card, item.Life, error) {
	return item.Card{ID: itemID, Environment: "sandbox"}, o.life, nil
}

func (o *office) ItemsAfter(context.Context, item.ID, int) ([]item.ID, error) {
	return []item.ID{itemID}, nil
}

func (o *office) Receive(_ context.Context, a item.Arrival) (item.Receipt, error) {
	o.hints = append(o.hints, a)
	return item.Receipt{RowID: 1}, nil
}

func (o *office) OpenTask(_ context.Context, t item.Task) error {
	o.tasks = append(o.tasks, t)
	return nil
}

func (o *office) examine(t *testing.T, r rule) activities.Examined {
	t.Helper()
	o.tokens = enrolled
	a := activities.NewReconcile(o, o, r, ourURL)
	found, _, err := perform[activities.Examined](t, a, a.ExamineItem, itemID)
	require.NoError(t, err)
	return found
}

func TestAnItemAsItShouldBeIsLeftAlone(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Checkup{Webhook: ourURL, DataAt: time.Now()}, life: item.Life{State: item.Connected}}
	require.Zero(t, o.examine(t, plain()))
	require.Empty(t, o.hints)
	require.Empty(t, o.tasks)
}

func TestALostWebhookIsMadeGoodByAHint(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Checkup{Webhook: ourURL, Truth: item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED"}}, life: item.Life{State: item.Connected}}
	require.Equal(t, activities.Examined{Difference: item.LostBreak}, o.examine(t, plain()))
	require.Equal(t, []item.Arrival{{Source: item.FromReconcile, Environment: "sandbox", ItemID: itemID, Code: "reconcile/broken"}}, o.hints)
}

func TestAWrongWebhookURLIsReportedAndRepairedOnlyWhenThePolicySaysSo(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Checkup{Webhook: "https://elsewhere.example.com"}, life: item.Life{State: item.Connected}}
	require.Equal(t, activities.Examined{WrongWebhook: true}, o.examine(t, plain()))
	require.Empty(t, o.moved)
	require.Equal(t, item.TaskWebhook, o.tasks[0].Kind)

	r := plain()
	r.Reconcile.RepairWebhooks = true
	require.Equal(t, activities.Examined{WrongWebhook: true, Repaired: true}, o.examine(t, r))
	require.Equal(t, []string{ourURL}, o.moved)
}

func TestStaleDataAndLongWaitsAreFound(t *testing.T) {
	t.Parallel()
	o := &office{checkup: item.Checkup{Webhook: ourURL, DataAt: time.Now().Add(-8 * 24 * time.Hour)}, life: item.Life{State: item.Connected}}
	require.True(t, o.examine(t, plain()).Stale)
	require.Equal(t, item.TaskStale, o.tasks[0].Kind)

	o = &office{
		checkup: item.Checkup{Webhook: ourURL, Truth: item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED"}},
		life:    item.Life{State: item.LoginRequired, Cause: item.Credentials, BrokenSince: time.Now().Add(-31 * 24 * time.Hour)},
	}
	require.Equal(t, activities.Examined{LongBroken: true}, o.examine(t, plain()))
	require.Empty(t, o.hints, "we know")
}
