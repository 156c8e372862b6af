package webhook_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

// aged returns a cache with Plaid's one key, which is so old, and a Plaid that holds every further look-up until
// released.
type aged struct {
	plaid  signer
	source *source
	keys   *webhook.Keys
	failed *atomic.Int64
}

// inBubble runs a test in a bubble with its own time.
func inBubble(t *testing.T, age time.Duration, with func(t *testing.T, a aged)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := aged{plaid: newSigner(t, kid), failed: &atomic.Int64{}}
		a.source = newSource(map[string]webhook.Key{kid: a.plaid.key(t, "null")})
		var err error
		a.keys, err = webhook.NewKeys(a.source, webhook.KeysOptions{RecheckFailed: func(string, error) { a.failed.Add(1) }})
		require.NoError(t, err)
		_, err = a.keys.Key(t.Context(), kid)
		require.NoError(t, err)
		<-time.After(age)
		a.source.entered, a.source.release = make(chan string, 1000), make(chan struct{})
		with(t, a)
	})
}

func TestKeys_agingKeyIsLookedUpAgainWhileNobodyWaits(t *testing.T) {
	t.Parallel()
	inBubble(t, 18*time.Hour, func(t *testing.T, a aged) {
		began := time.Now()
		for range 100 {
			key, err := a.keys.Key(t.Context(), kid)
			require.NoError(t, err)
			require.True(t, key.Live(time.Now()))
		}
		require.Zero(t, time.Since(began), "Plaid does not answer, and nobody waits for it")
		synctest.Wait()
		require.Equal(t, 2, a.source.questions(), "one question for all of them")
		close(a.source.release)
		synctest.Wait()

		<-time.After(17 * time.Hour) // 35 h after the first question, 17 h after the second
		_, err := a.keys.Key(t.Context(), kid)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 2, a.source.questions(), "it is as good as new")
	})
}

func TestKeys_agingKeyThatWasWithdrawnIsFoundInTheBackground(t *testing.T) {
	t.Parallel()
	inBubble(t, 20*time.Hour, func(t *testing.T, a aged) {
		a.source.put(kid, a.plaid.key(t, "946684801")) // a bubble's time begins with the year 2000
		close(a.source.release)
		key, err := a.keys.Key(t.Context(), kid)
		require.NoError(t, err)
		require.True(t, key.Live(time.Now()), "the first who sees it does not wait")
		synctest.Wait()
		key, err = a.keys.Key(t.Context(), kid)
		require.NoError(t, err)
		require.False(t, key.Live(time.Now()))
	})
}

func TestKeys_failedRefreshIsTriedAgainAndTheHardAgeStays(t *testing.T) {
	t.Parallel()
	inBubble(t, 18*time.Hour, func(t *testing.T, a aged) {
		close(a.source.release)
		a.source.fail(errors.New("plaid is down"))
		for range 10 {
			_, err := a.keys.Key(t.Context(), kid)
			require.NoError(t, err)
			synctest.Wait()
		}
		require.Equal(t, 2, a.source.questions(), "a refresh that failed pauses")
		require.EqualValues(t, 1, a.failed.Load())
		<-time.After(time.Minute)
		_, err := a.keys.Key(t.Context(), kid)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 3, a.source.questions(), "and is tried again")

		<-time.After(6 * time.Hour) // beyond 24 h
		a.source.fail(nil)
		a.source.remove(kid)
		_, err = a.keys.Key(t.Context(), kid)
		require.ErrorIs(t, err, webhook.ErrUnknownKey, "beyond its hard age it serves nobody unasked")
	})
}

// lateSource holds its responses about Plaid's old key, once late is set.
type lateSource struct {
	*source
	late chan struct{}
}

func (s *lateSource) WebhookKey(ctx context.Context, id string) (webhook.Key, error) {
	key, err := s.source.WebhookKey(ctx, id)
	if id == kid && s.late != nil {
		<-s.late
	}
	return key, err
}

func TestKeys_lookUpFromBeforeARotationConfirmsNoOlderKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &lateSource{source: newSource(map[string]webhook.Key{kid: newSigner(t, kid).key(t, "null")})}
		keys, err := webhook.NewKeys(src, webhook.KeysOptions{})
		require.NoError(t, err)
		_, err = keys.Key(t.Context(), kid)
		require.NoError(t, err)
		<-time.After(18 * time.Hour)
		src.late = make(chan struct{})
		_, err = keys.Key(t.Context(), kid) // asks in the background; "it is live" is on its way
		require.NoError(t, err)
		synctest.Wait()

		src.remove(kid)
		src.put("next", newSigner(t, "next").key(t, "null"))
		_, err = keys.Key(t.Context(), "next")
		require.NoError(t, err)
		close(src.late)
		synctest.Wait()
		_, err = keys.Key(t.Context(), kid)
		require.ErrorIs(t, err, webhook.ErrUnknownKey, "what was said of it before the rotation counts no more")
	})
}
