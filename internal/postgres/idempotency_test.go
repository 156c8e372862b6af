package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestResponses_keyStandsForOneRequestAndItsResponse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	responses := b.Responses(b.vault)
	begin := func(key, request string) ([]byte, error) {
		return responses.Begin(t.Context(), key, []byte(request), time.Minute, time.Hour)
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

	require.NoError(t, responses.Keep(t.Context(), "key", []byte("answer "+theToken)))
	got, err = begin("key", "request "+theToken)
	require.NoError(t, err)
	require.Equal(t, "answer "+theToken, string(got))
	_, err = begin("key", "another request")
	require.ErrorIs(t, err, item.ErrOtherRequest)
	require.NotContains(t, b.dump(t), theToken)

	require.NoError(t, responses.Release(t.Context(), "key"))
	require.NoError(t, responses.Release(t.Context(), "another key"))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM idempotency`), "a response is kept")
	b.exec(t, `UPDATE idempotency SET expires_at = now()`)
	got, err = begin("key", "another request")
	require.NoError(t, err)
	require.Nil(t, got, "its time is over")
	b.exec(t, `UPDATE idempotency SET expires_at = now()`)
	require.NoError(t, responses.Sweep(t.Context()))
	require.Zero(t, b.count(t, `SELECT count(*) FROM idempotency`))
}

func TestResponses_requestWhoseServerDiedIsTakenOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	responses := b.Responses(b.vault)
	_, err := responses.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
	require.NoError(t, err)
	b.exec(t, `UPDATE idempotency SET busy_until = now()`)
	got, err := responses.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
	require.NoError(t, err)
	require.Nil(t, got)
	_, err = responses.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
	require.ErrorIs(t, err, item.ErrBusy, "and by one alone")
}

func TestResponses_oneKeyAtOnceIsHandledOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	responses := b.Responses(b.vault)
	begun := 0
	for _, err := range atOnce(8, func(int) error {
		_, err := responses.Begin(t.Context(), "key", []byte("request"), time.Minute, time.Hour)
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
