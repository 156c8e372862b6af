package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInboxDepth_countsWhatIsStillToBeDone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rows, oldest, err := b.InboxDepth(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"pending": 0, "waiting": 0, "dead": 0}, rows)
	require.Zero(t, oldest)

	b.enrol(t, "itm_1", "m_1") // one delivered row
	dead := webhook("itm_1", "unknown", "1")
	dead.Dead = "it is not understood"
	ignored := webhook("itm_1", "TRANSACTIONS/UPDATE", "2")
	ignored.Ignored = "it does not concern the health of an item"
	b.receive(t, dead, ignored, webhook("itm_2", "ITEM/ERROR", "3"))
	_, err = b.Sweep(t.Context(), time.Hour, month)
	require.NoError(t, err)
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "4"))
	b.later(t, time.Minute)
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "5"))
	rows, oldest, err = b.InboxDepth(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"pending": 2, "waiting": 1, "dead": 1}, rows)
	require.InDelta(t, time.Minute.Seconds(), oldest.Seconds(), 30)
}
