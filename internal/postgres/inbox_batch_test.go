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
