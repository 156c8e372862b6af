package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestAnOperatorsHintPlansAgainOrRemovesAndAsksPlaidNothing(t *testing.T) {
	t.Parallel()
	waits := fold(connected(), answered(noon, "ITEM_LOGIN_REQUIRED"), item.Recorded{Count: 1})
	waits.Plan = item.Plan{Step: 1, At: noon.Add(time.Hour)}
	changed := item.Hinted{Hint: item.Hint{Source: item.FromOperator, Code: item.MerchantChanged, InboxIDs: []int64{7}}}
	l := fold(waits, changed)
	require.True(t, l.Plan.IsZero())
	require.False(t, l.AskOwed)

	removal := item.Hinted{Hint: item.Hint{Source: item.FromOperator, Code: item.RemoveAsked, At: noon.Add(time.Hour)}}
	l = fold(waits, removal)
	require.True(t, l.RemoveOwed)
	require.Equal(t, noon.Add(time.Hour), l.Unrecorded[0].At)

	for _, from := range []item.Source{item.FromWebhook, item.FromPortal} {
		removal.Hint.Source = from
		require.False(t, fold(waits, removal).RemoveOwed, "nobody else's word removes an Item")
	}
}
