package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
)

func TestBeginExchange_knowsAnEarlierExchange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := []byte("hash of a public token")
	begin := func(merchant string) (enrolment.Exchange, error) {
		return b.BeginExchange(t.Context(), token, merchant, time.Minute)
	}
	x, err := begin("m_1")
	require.NoError(t, err)
	require.Equal(t, enrolment.Exchange{}, x)
	_, err = begin("m_1")
	require.ErrorIs(t, err, item.ErrBusy)

	require.NoError(t, b.LeaveExchange(t.Context(), token, true))
	x, err = begin("m_1")
	require.NoError(t, err)
	require.Equal(t, enrolment.Exchange{}, x, "one that was not carried out leaves nothing")
	require.NoError(t, b.LeaveExchange(t.Context(), token, false))
	_, err = begin("m_2")
	require.ErrorIs(t, err, item.ErrTaken)
	x, err = begin("m_1")
	require.NoError(t, err)
	require.Equal(t, enrolment.Exchange{Begun: true}, x)

	e := b.enrolment(t, "itm_1", "m_1")
	e.PublicToken = token
	_, err = b.Enrol(t.Context(), e)
	require.NoError(t, err)
	x, err = begin("m_1")
	require.NoError(t, err)
	require.Equal(t, enrolment.Exchange{Begun: true, ItemID: "itm_1"}, x)
	require.NoError(t, b.SweepExchanges(t.Context(), time.Hour))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM exchanges`))
	b.exec(t, `UPDATE exchanges SET begun_at = now() - interval '2 h'`)
	require.NoError(t, b.SweepExchanges(t.Context(), time.Hour))
	require.Zero(t, b.count(t, `SELECT count(*) FROM exchanges`))
}
