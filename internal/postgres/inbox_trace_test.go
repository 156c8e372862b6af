package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

const (
	firstTrace  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	secondTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)

func traced(a inbox.Entry, trace string) inbox.Entry {
	a.Trace = trace
	return a
}

func TestClaim_returnsTheTracesOfTheRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.receive(t,
		traced(webhook("itm_1", "ITEM/ERROR", "1"), firstTrace),
		webhook("itm_1", "ITEM/ERROR", "2"),
		traced(webhook("itm_1", "ITEM/ERROR", "3"), secondTrace),
		traced(webhook("itm_1", "ITEM/ERROR", "4"), firstTrace),
		traced(act("itm_1", item.LinkFinished), secondTrace),
	)
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, []string{firstTrace, secondTrace}, batches[0].Traces)
	require.Len(t, batches[0].Hints, 2)
	require.Equal(t, firstTrace, batches[0].Hints[0].Trace, "the oldest of the rows it stands for")
	require.Equal(t, secondTrace, batches[0].Hints[1].Trace)
}

func TestEnrol_hintCarriesItsTrace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.enrolment(t, "itm_1", "m_1")
	e.Trace = firstTrace
	_, err := b.Enrol(t.Context(), e)
	require.NoError(t, err)
	require.Equal(t, []string{firstTrace}, b.claim(t)[0].Traces)
}

func TestClaim_returnsHowLongTheOldestRowWaited(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	b.later(t, time.Hour)
	b.receive(t, webhook("itm_1", "ITEM/ERROR", "2"))
	batches, err := b.Claim(t.Context(), 100, lease, pace)
	require.NoError(t, err)
	require.Len(t, batches, 1)
	require.InDelta(t, time.Hour.Seconds(), batches[0].Waited.Seconds(), 60)
}

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
