package activities_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/platform"
)

const (
	messageKey = "plaid.webhook/17"
	plaidsBody = `{"webhook_type":"TRANSACTIONS","owner":"Ada Contact"}`
)

// receiver is the platform.
type receiver func(ctx context.Context, t item.Telling) error

func (f receiver) Tell(ctx context.Context, t item.Telling) error { return f(ctx, t) }

// outbox holds one message, with the contracts of postgres.Store.
type outbox struct {
	told      item.Telling
	failure   string
	marks     int
	markFails []error // what the next marks answer, without marking anything
	reads     error
}

func newOutbox() *outbox {
	return &outbox{told: item.Telling{
		Message:     item.Message{Key: messageKey, Destination: item.ToPlatform, Event: item.PlaidWebhook},
		DeliveryKey: []byte("delivery 1"), RawSealed: []byte(plaidsBody),
	}}
}

func (o *outbox) Message(_ context.Context, key string) (item.Telling, error) {
	switch {
	case o.reads != nil:
		return item.Telling{}, o.reads
	case key != messageKey:
		return item.Telling{}, fmt.Errorf("message %s: %w", key, item.ErrNoMessage)
	}
	return o.told, nil
}

func (o *outbox) MessageDelivered(context.Context, string) error {
	o.marks++
	if len(o.markFails) > 0 {
		err := o.markFails[0]
		o.markFails = o.markFails[1:]
		return err
	}
	o.told.Delivered = true
	return nil
}

func (o *outbox) MessageFailed(_ context.Context, _, failure string) error {
	o.failure = failure
	return o.reads
}

func tellPlatform(t *testing.T, r receiver, o *outbox, key string) error {
	t.Helper()
	p := activities.NewPlatform(r, o)
	_, _, err := perform[any](t, p, p.TellPlatform, activities.Tell{Key: key})
	return err
}

func TestAMessageIsMarkedAfterThePlatformHasIt(t *testing.T) {
	t.Parallel()
	o, calls := newOutbox(), 0
	r := receiver(func(_ context.Context, told item.Telling) error {
		calls++
		require.Equal(t, newOutbox().told, told)
		require.Zero(t, o.marks, "marked before it was told")
		return nil
	})
	require.NoError(t, tellPlatform(t, r, o, messageKey))
	require.True(t, o.told.Delivered)
	require.NoError(t, tellPlatform(t, r, o, messageKey), "done is done")
	require.Equal(t, 1, calls, "a message that is delivered is not told again")
}

func TestAMarkThatFailsTellsThePlatformAgain(t *testing.T) {
	t.Parallel()
	o, calls := newOutbox(), 0
	o.markFails = []error{errors.New("connection reset")}
	r := receiver(func(context.Context, item.Telling) error {
		calls++
		return nil
	})
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, tellPlatform(t, r, o, messageKey)))
	require.NoError(t, tellPlatform(t, r, o, messageKey))
	require.Equal(t, 2, calls, "at least once: the platform drops the second by its id")
}

func TestThePlatformsAnswersAreUnderstood(t *testing.T) {
	t.Parallel()
	for want, err := range map[decision]error{
		{Type: "Throttled", Wait: 7 * time.Second, Benign: true}: &platform.Error{Status: http.StatusServiceUnavailable, RetryAfter: 7 * time.Second},
		{Type: "Throttled", Wait: time.Hour, Benign: true}:       &platform.Error{Status: http.StatusTooManyRequests, RetryAfter: 50 * time.Hour},
		{Type: "Refused", Final: true}:                           &platform.Error{Status: http.StatusGone},
		{Type: "TryAgain"}:                                       &platform.Error{Status: http.StatusUnauthorized},
	} {
		o := newOutbox()
		require.Equal(t, want, decisionOf(t, tellPlatform(t, func(context.Context, item.Telling) error { return err }, o, messageKey)))
		require.Zero(t, o.marks)
	}
	for _, status := range []int{301, 400, 404, 409, 429, 500, 502, 503} {
		err := tellPlatform(t, func(context.Context, item.Telling) error { return &platform.Error{Status: status} }, newOutbox(), messageKey)
		require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err), status)
	}
	err := tellPlatform(t, func(context.Context, item.Telling) error { return errors.New("open the webhook's body") }, newOutbox(), messageKey)
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err), "a keyset can be mended")
}

func TestAMessageThatIsNotThereIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	nobody := receiver(func(context.Context, item.Telling) error { return errors.New("told") })
	require.Equal(t, decision{Type: "NoMessage", Final: true}, decisionOf(t, tellPlatform(t, nobody, newOutbox(), "another")))
	away := newOutbox()
	away.reads = errors.New("connection refused")
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, tellPlatform(t, nobody, away, messageKey)))
}

func TestAMessageThatIsGivenUpIsMarkedWithItsReason(t *testing.T) {
	t.Parallel()
	o := newOutbox()
	a := activities.NewOutbox(o)
	_, _, err := perform[any](t, a, a.GiveUp, activities.Undelivered{Key: messageKey, Why: "platform: status 410"})
	require.NoError(t, err)
	require.Equal(t, "platform: status 410", o.failure)
	o.reads = errors.New("connection refused")
	_, _, err = perform[any](t, a, a.GiveUp, activities.Undelivered{Key: messageKey})
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
}

func TestEachTellingIsCountedByItsClassAndOutcome(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"plaid delivered": nil, "plaid throttled": &platform.Error{Status: 503, RetryAfter: time.Second},
		"plaid refused": fmt.Errorf("tell: %w", &platform.Error{Status: 410}), "plaid failed": &platform.Error{Status: 500},
	} {
		var told tally
		r := activities.WatchReceiver(receiver(func(context.Context, item.Telling) error { return err }), &told)
		require.Equal(t, err, r.Tell(t.Context(), newOutbox().told))
		require.Equal(t, []string{want}, told.told)
	}
	var told tally
	event := item.Telling{Message: item.Message{Event: "item.login_required"}}
	require.NoError(t, activities.WatchReceiver(receiver(func(context.Context, item.Telling) error { return nil }), &told).Tell(t.Context(), event))
	require.Equal(t, []string{"item delivered"}, told.told)
}
