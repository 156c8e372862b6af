package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

const (
	week  = 7 * 24 * time.Hour
	month = 30 * 24 * time.Hour
)

func (b bundle) sweep(t *testing.T) int64 {
	t.Helper()
	dead, err := b.Sweep(t.Context(), week, month)
	require.NoError(t, err)
	return dead
}

func TestSweep_parksAWebhookThatBeatsItsItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_2", "ITEM/ERROR", "1"), webhook("itm_1", "ITEM/ERROR", "2"))

	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, ids[1:], batches[0].RowIDs)
	require.Zero(t, b.sweep(t))
	require.Equal(t, "waiting", b.state(t, ids[0]))
	require.Equal(t, "pending", b.state(t, ids[1]), "a leased row of a known Item is left alone")

	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_2", "m_2"))
	require.NoError(t, err)
	batches = b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, item.ID("itm_2"), batches[0].ItemID)
	require.Equal(t, item.Hint{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: ids[:1]}, batches[0].Hints[0])
	require.Equal(t, item.Enrolled, batches[0].Hints[1].Code)
}

func TestSweep_wakesARowWhoseItemCameMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	// What is left when a sweep and an enrolment pass each other: neither saw the other's uncommitted rows.
	b.exec(t, `UPDATE inbox SET state = 'waiting' WHERE inbox_id = $1`, ids[0])
	require.Empty(t, b.claim(t))
	require.Zero(t, b.sweep(t))
	batches := b.claim(t)
	require.Len(t, batches, 1)
	require.Equal(t, ids, batches[0].RowIDs)
}

func TestSweep_makesADeadLetterOfAWebhookWhoseItemNeverComes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.receive(t, webhook("itm_9", "ITEM/ERROR", "1"))
	require.Zero(t, b.sweep(t))
	b.later(t, week-time.Hour)
	young := b.receive(t, webhook("itm_9", "ITEM/ERROR", "2"))
	require.Zero(t, b.sweep(t))
	require.Equal(t, "waiting", b.state(t, ids[0]))
	b.later(t, 2*time.Hour)
	require.EqualValues(t, 1, b.sweep(t))
	require.Equal(t, "dead: its item was never enrolled", b.state(t, ids[0]))
	require.Equal(t, "waiting", b.state(t, young[0]))
	require.Zero(t, b.sweep(t), "dead once")
}

func TestSweep_itemThatComesAtTheLastMomentSavesItsWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Zero(t, b.sweep(t))
	b.later(t, week+time.Hour)
	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_1", "m_1"))
	require.NoError(t, err)
	b.exec(t, `UPDATE inbox SET state = 'waiting' WHERE inbox_id = $1`, ids[0])
	require.Zero(t, b.sweep(t), "an enrolled Item's webhook is woken, however old, not dead")
	require.Equal(t, "pending", b.state(t, ids[0]))
}

func TestSweep_twoAtOnceCountADeadLetterOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, key := range []string{"1", "2", "3"} {
		b.receive(t, webhook("itm_9", "ITEM/ERROR", key))
	}
	require.Zero(t, b.sweep(t))
	b.later(t, week+time.Hour)
	dead := make([]int64, 4)
	requireNoErrors(t, atOnce(4, func(i int) (err error) {
		dead[i], err = b.Sweep(t.Context(), week, month)
		return err
	}))
	require.EqualValues(t, 3, dead[0]+dead[1]+dead[2]+dead[3])
}

func TestSweep_erasesABodyAfterItsRetentionTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	raw := func(key string) inbox.Entry {
		a := webhook("itm_1", "ITEM/ERROR", key)
		a.RawSealed = []byte("sealed " + key)
		return a
	}
	ids := b.receive(t, raw("1"), raw("2"))
	require.NoError(t, b.Delivered(t.Context(), ids))
	kept := func() int { return b.count(t, `SELECT count(*) FROM inbox WHERE raw_sealed IS NOT NULL`) }
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE raw_sealed = 'sealed 1'`))
	b.later(t, month-time.Hour)
	b.receive(t, raw("3"))
	b.sweep(t)
	require.Equal(t, 3, kept())
	b.later(t, 2*time.Hour)
	b.sweep(t)
	require.Equal(t, 1, kept())
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE raw_sealed = 'sealed 3'`))
	require.Equal(t, 3, b.count(t, `SELECT count(*) FROM inbox WHERE source = 'webhook' AND body IS NOT NULL`),
		"what is left is the redacted body")
}

func TestSweep_doesNotParkALeasedRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	b.claim(t)
	b.sweep(t)
	require.Equal(t, "pending", b.state(t, ids[0]))
}
