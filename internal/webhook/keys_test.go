package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"relink/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKeys_burstCostsOneLookUp(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	b.source.entered, b.source.release = make(chan string, 100), make(chan struct{})
	token := b.plaid.sign(t, start, body)

	errs := make(chan error, 100)
	var ready sync.WaitGroup
	for range 100 {
		ready.Add(1)
		go func() {
			ready.Done()
			_, err := b.verifier.Verify(t.Context(), token, []byte(body))
			errs <- err
		}()
	}
	ready.Wait()
	<-b.source.entered // the fetch is under way, and slow
	close(b.source.release)
	for range 100 {
		require.NoError(t, <-errs)
	}
	require.Equal(t, 1, b.source.questions())
}

func TestKeys_liveKeyIsNotLookedUpAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{RecheckAfter: 24 * time.Hour})
	for range 50 {
		_, err := b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, b.clock.Now(), body))
		require.NoError(t, err)
		b.clock.Advance(21 * time.Minute) // 17 h 30 min in all
	}
	require.Equal(t, 1, b.source.questions(), "expired_at null must not read as expired in 1970")
}

func TestKeys_cancelledFirstCallerFailsNobodyElse(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	b.source.entered, b.source.release = make(chan string, 10), make(chan struct{})
	token := b.plaid.sign(t, start, body)

	first, cancel := context.WithCancel(t.Context())
	firstErr := make(chan error, 1)
	go func() {
		_, err := b.verifier.VerifyToken(first, token)
		firstErr <- err
	}()
	<-b.source.entered // the first caller's question is on its way
	secondErr := make(chan error, 1)
	go func() {
		_, err := b.verifier.VerifyToken(t.Context(), token)
		secondErr <- err
	}()
	cancel()
	err := <-firstErr
	require.ErrorIs(t, err, webhook.ErrUnchecked)
	require.ErrorIs(t, err, context.Canceled)

	close(b.source.release)
	require.NoError(t, <-secondErr)
	require.Equal(t, 1, b.source.questions())
}

func TestKeys_slowKeyDelaysNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	_, err := b.keys.Key(t.Context(), kid) // cached
	require.NoError(t, err)
	b.source.entered, b.source.release = make(chan string, 10), make(chan struct{})
	slow := make(chan error, 1)
	go func() {
		_, err := b.keys.Key(t.Context(), "slow")
		slow <- err
	}()
	<-b.source.entered
	_, err = b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, start, body))
	require.NoError(t, err, "the cached key serves while another is being fetched")
	close(b.source.release)
	require.ErrorIs(t, <-slow, webhook.ErrUnknownKey)
}

func TestKeys_slowPlaidIsGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{LookupTimeout: 20 * time.Millisecond})
	b.source.entered, b.source.release = make(chan string, 10), make(chan struct{})
	_, err := b.keys.Key(t.Context(), kid)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, webhook.ErrUnknownKey)
}

func TestKeys_cachedKeyIsLookedUpAgainAfterADay(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	_, err := b.keys.Key(t.Context(), kid)
	require.NoError(t, err)
	b.source.put(kid, b.plaid.key(t, "1795340000")) // withdrawn meanwhile
	b.clock.Advance(24 * time.Hour)
	_, err = b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, b.clock.Now(), body))
	require.Equal(t, webhook.ReasonKeyExpired, webhook.Reason(err))
	require.Equal(t, 2, b.source.questions())
}

func TestKeys_failedRecheckFailsNoWebhook(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var reported []string
	b := setup(t, webhook.KeysOptions{RecheckFailed: func(kid string, err error) {
		mu.Lock()
		defer mu.Unlock()
		reported = append(reported, kid+": "+err.Error())
	}})
	_, err := b.keys.Key(t.Context(), kid)
	require.NoError(t, err)

	b.source.fail(errors.New("plaid is down"))
	b.clock.Advance(25 * time.Hour)
	for range 10 {
		_, err = b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, b.clock.Now(), body))
		require.NoError(t, err)
	}
	require.Equal(t, 2, b.source.questions(), "a failed re-check pauses")
	mu.Lock()
	require.Len(t, reported, 1)
	require.Contains(t, reported[0], "plaid is down")
	mu.Unlock()

	b.clock.Advance(time.Minute)
	b.source.fail(nil)
	_, err = b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, b.clock.Now(), body))
	require.NoError(t, err)
	require.Equal(t, 3, b.source.questions(), "and is tried again")
}

func TestKeys_slowRecheckDelaysAWebhookByTwoSecondsAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plaid := newSigner(t, kid)
		src := newSource(map[string]webhook.Key{kid: plaid.key(t, "null")})
		keys, err := webhook.NewKeys(src, webhook.KeysOptions{})
		require.NoError(t, err)
		_, err = keys.Key(t.Context(), kid)
		require.NoError(t, err)

		src.entered, src.release = make(chan string, 10), make(chan struct{})
		<-time.After(25 * time.Hour) // of the bubble's own time
		began := time.Now()
		key, err := keys.Key(t.Context(), kid)
		require.NoError(t, err)
		require.True(t, key.Live(time.Now()))
		require.Equal(t, 2*time.Second, time.Since(began))
		close(src.release)
		synctest.Wait()
	})
}

func TestKeys_recheckFindsAKeyThatIsGone(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	_, err := b.keys.Key(t.Context(), kid)
	require.NoError(t, err)
	b.source.remove(kid)
	b.clock.Advance(25 * time.Hour)
	_, err = b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, b.clock.Now(), body))
	require.Equal(t, webhook.ReasonKeyUnknown, webhook.Reason(err))
}

func TestKeys_newKeyMakesTheOlderOnesLookedUpAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	_, err := b.keys.Key(t.Context(), kid)
	require.NoError(t, err)

	next := newSigner(t, "next")
	b.source.put("next", next.key(t, "null"))
	b.source.put(kid, b.plaid.key(t, "1795334399")) // the rotation withdrew the old one
	_, err = b.verifier.VerifyToken(t.Context(), next.sign(t, start, body))
	require.NoError(t, err)
	_, err = b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, start, body))
	require.Equal(t, webhook.ReasonKeyExpired, webhook.Reason(err))

	for range 10 {
		_, err = b.verifier.VerifyToken(t.Context(), next.sign(t, start, body))
		require.NoError(t, err)
	}
	require.Equal(t, 3, b.source.questions())
}

func TestKeys_unknownKidIsLookedUpOnceAMinute(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{UnknownFor: time.Minute})
	next := newSigner(t, "next")
	for range 10 {
		_, err := b.verifier.VerifyToken(t.Context(), next.sign(t, start, body))
		require.Equal(t, webhook.ReasonKeyUnknown, webhook.Reason(err))
	}
	require.Equal(t, 1, b.source.questions())

	b.source.put("next", next.key(t, "null"))
	b.clock.Advance(time.Minute)
	_, err := b.verifier.VerifyToken(t.Context(), next.sign(t, b.clock.Now(), body))
	require.NoError(t, err, "a key that appears later is found")
}

func TestKeys_junkKidsAreCappedAndLeaveRealOnesAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{LookupsPerMinute: 5})
	_, err := b.keys.Key(t.Context(), kid)
	require.NoError(t, err)

	var unknown, limited int
	for i := range 50 {
		junk := signer{kid: fmt.Sprintf("junk-%d", i), private: b.plaid.private}
		_, err := b.verifier.VerifyToken(t.Context(), junk.sign(t, start, body))
		switch webhook.Reason(err) {
		case webhook.ReasonKeyUnknown:
			unknown++
		case webhook.ReasonLookupLimit:
			require.ErrorIs(t, err, webhook.ErrUnchecked, "not asked is not forged")
			limited++
		}
	}
	require.Equal(t, 4, unknown)
	require.Equal(t, 46, limited)
	require.Equal(t, 5, b.source.questions())

	_, err = b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, start, body))
	require.NoError(t, err, "the cached key needs no look-up")
	b.clock.Advance(12 * time.Second)
	_, err = b.keys.Key(t.Context(), "another")
	require.ErrorIs(t, err, webhook.ErrUnknownKey, "a fifth of a minute gives one look-up back")
}

func TestNewKeys_refusesWrongWiring(t *testing.T) {
	t.Parallel()
	_, err := webhook.NewKeys(nil, webhook.KeysOptions{})
	require.Error(t, err)
	_, err = webhook.NewKeys(newSource(nil), webhook.KeysOptions{RecheckAfter: -1})
	require.Error(t, err)
	_, err = webhook.NewKeys(newSource(nil), webhook.KeysOptions{RefreshAfter: -1})
	require.Error(t, err)
	_, err = webhook.NewVerifier(nil, webhook.VerifierOptions{})
	require.Error(t, err)
}
