package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestHintOf_saysWhatARowMeans(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.FixedZone("EST", -5*3600))
	until := at.Add(time.Hour)
	for name, c := range map[string]struct {
		row  item.InboxRow
		want item.Hint
	}{
		"a webhook keeps its code": {
			item.InboxRow{Source: item.FromWebhook, Code: "ITEM/ERROR", ReceivedAt: at, Until: time.Unix(0, 0), Trace: "t"},
			item.Hint{Source: item.FromWebhook, Code: "ITEM/ERROR", Trace: "t"},
		},
		"a stale one is a reason to look": {
			item.InboxRow{Source: item.FromWebhook, Code: "ITEM/ERROR", Stale: true},
			item.Hint{Source: item.FromWebhook, Code: item.StaleWebhook},
		},
		"an announced end does not grow old": {
			item.InboxRow{
				Source: item.FromWebhook, Code: item.PendingDisconnect, Stale: true, ReceivedAt: at, Until: until, Reason: "INSTITUTION_MIGRATION",
			},
			item.Hint{Source: item.FromWebhook, Code: item.PendingDisconnect, At: at.UTC(), Until: until.UTC(), Reason: "INSTITUTION_MIGRATION"},
		},
		"a session that succeeded is a finished Link": {
			item.InboxRow{Source: item.FromWebhook, Code: item.SessionFinished, Reason: "success"},
			item.Hint{Source: item.FromWebhook, Code: item.LinkFinished},
		},
		"one that did not is a Link that was left": {
			item.InboxRow{Source: item.FromWebhook, Code: item.SessionFinished, Reason: "EXITED"},
			item.Hint{Source: item.FromWebhook, Code: item.LinkLeft},
		},
		"a stale session is a reason to look": {
			item.InboxRow{Source: item.FromWebhook, Code: item.SessionFinished, Reason: "SUCCESS", Stale: true},
			item.Hint{Source: item.FromWebhook, Code: item.StaleWebhook},
		},
		"a removal has its time": {
			item.InboxRow{Source: item.FromOperator, Code: item.RemoveAsked, ReceivedAt: at},
			item.Hint{Source: item.FromOperator, Code: item.RemoveAsked, At: at.UTC()},
		},
		"opened Link has its end": {
			item.InboxRow{Source: item.FromPortal, Code: item.LinkOpened, ReceivedAt: at, Until: until},
			item.Hint{Source: item.FromPortal, Code: item.LinkOpened, Until: until.UTC()},
		},
	} {
		c.row.RowID = 7
		c.want.InboxIDs = []int64{7}
		require.Equal(t, c.want, item.HintOf(c.row), name)
	}
}

func TestAppendHint_foldsOnlyIntoTheLastOneThatSaysTheSame(t *testing.T) {
	t.Parallel()
	hint := func(code string, id int64) item.Hint {
		return item.Hint{Source: item.FromWebhook, Code: code, InboxIDs: []int64{id}}
	}
	var hints []item.Hint
	for i, code := range []string{"a", "a", "b", "a"} {
		hints = item.AppendHint(hints, hint(code, int64(i)))
	}
	require.Equal(t, []item.Hint{
		{Source: item.FromWebhook, Code: "a", InboxIDs: []int64{0, 1}}, hint("b", 2), hint("a", 3),
	}, hints)

	end := hint("a", 4)
	end.Until = time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	require.Len(t, item.AppendHint(hints, end), 4, "a hint with an end of its own stands alone")
}
