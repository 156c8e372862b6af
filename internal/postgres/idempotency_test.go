package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
)

func TestAnswers_keyStandsForOneRequestAndItsAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	answers := b.Answers(b.vault)
	begin := func(key, request string) ([]byte, error) {
		return answers.Begin(t.Context(), key, []byte(request), time.Minute, time.Hour)
	}
	got, err := begin("key", "request "+theToken)
	require.NoError(t, err)
	require.Nil(t, got)
	_, err = begin("key", "request "+theToken)
	require.ErrorIs(t, err, item.ErrBusy)
	_, err = begin("key", "another request")
	require.ErrorIs(t, err, item.ErrOtherRequest)
	got, err = begin("another key", "another request")
	require.NoError(t, err)
	require.Nil(t, got)

	require.NoError(t, answers.Keep(t.Context(), "key", []byte("answer "+theToken)))
	got, err = begin("key", "request "+theToken)
	require.NoError(t, err)
	require.Equal(t, "answer "+theToken, string(got))
	_, err = begin("key", "another request")
	require.ErrorIs(t, err, item.ErrOtherRequest)
	require.NotContains(t, b.dump(t), theToken)

	require.NoError(t, answers.Release(t.Context(), "key"))
	require.NoError(t, answers.Release(t.Context(), "another key"))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM idempotency`), "an answer is not given up")
	b.exec(t, `UPDATE idempotency SET expires_at = now()`)
	got, err = begin("key", "another request")
	require.NoError(t, err)
	require.Nil(t, got, "its time is over")
	b.exec(t, `UPDATE idempotency SET expires_at = now()`)
	require.NoError(t, answers.Sweep(t.Context()))
	require.Zero(t, b.count(t, `SELECT count(*) FROM idempotency`))
}

func TestAnswers_requestWhoseServerDiedIsTakenOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	answers := b.Answers(b.vault)
	_, err := answers.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
	require.NoError(t, err)
	b.exec(t, `UPDATE idempotency SET busy_until = now()`)
	got, err := answers.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
	require.NoError(t, err)
	require.Nil(t, got)
	_, err = answers.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
	require.ErrorIs(t, err, item.ErrBusy, "and by one alone")
}

func TestAnswers_oneKeyAtOnceIsHandledOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	answers := b.Answers(b.vault)
	begun := 0
	for _, err := range atOnce(8, func(int) error {
		_, err := answers.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
		return err
	}) {
		if err == nil {
			begun++
			continue
		}
		require.ErrorIs(t, err, item.ErrBusy)
	}
	require.Equal(t, 1, begun)
}

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
