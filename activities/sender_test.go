package activities_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/neighbour"
	"relink/internal/neighbour/platform"
)

const (
	messageKey = "plaid.webhook/17"
	plaidsBody = `{"webhook_type":"TRANSACTIONS","owner":"Ada Contact"}`
)

// receiver is a neighbour, under the platform's name. The function is its Send.
type receiver func(ctx context.Context, m neighbour.Message) error

func (receiver) Name() string                                        { return neighbour.Platform }
func (receiver) Limits() neighbour.Limits                            { return neighbour.Limits{} }
func (receiver) Wants(neighbour.Event) (w neighbour.Wanted, ok bool) { return w, false }
func (f receiver) Send(ctx context.Context, m neighbour.Message) error {
	return f(ctx, m)
}

// answering is a receiver that always returns err.
func answering(err error) receiver {
	return func(context.Context, neighbour.Message) error { return err }
}

// outbox holds one message, with the contracts of postgres.Store.
type outbox struct {
	message   neighbour.Message
	failure   string
	marks     int
	markFails []error // what the next marks return, without marking anything
	reads     error
}

func newOutbox() *outbox {
	return &outbox{message: neighbour.Message{
		Envelope:    neighbour.Envelope{Key: messageKey, Destination: neighbour.Platform, Event: neighbour.PlaidWebhook},
		DeliveryKey: []byte("delivery 1"), RawSealed: []byte(plaidsBody),
	}}
}

func (o *outbox) Message(_ context.Context, key string) (neighbour.Message, error) {
	switch {
	case o.reads != nil:
		return neighbour.Message{}, o.reads
	case key != messageKey:
		return neighbour.Message{}, fmt.Errorf("message %s: %w", key, neighbour.ErrNoMessage)
	}
	return o.message, nil
}

func (o *outbox) MessageDelivered(context.Context, string) error {
	o.marks++
	if len(o.markFails) > 0 {
		err := o.markFails[0]
		o.markFails = o.markFails[1:]
		return err
	}
	o.message.Delivered = true
	return nil
}

func (o *outbox) MessageFailed(_ context.Context, _, failure string) error {
	o.failure = failure
	return o.reads
}

func send(t *testing.T, r receiver, o *outbox, key string) error {
	t.Helper()
	s := activities.NewSender(r, o)
	_, _, err := perform[any](t, s, s.SendMessage, activities.Delivery{Key: key})
	return err
}

func TestSendMessage_marksTheMessageAfterTheNeighbourHasIt(t *testing.T) {
	t.Parallel()
	o, calls := newOutbox(), 0
	r := receiver(func(_ context.Context, m neighbour.Message) error {
		calls++
		require.Equal(t, newOutbox().message, m)
		require.Zero(t, o.marks, "marked before it was sent")
		return nil
	})
	require.NoError(t, send(t, r, o, messageKey))
	require.True(t, o.message.Delivered)
	require.NoError(t, send(t, r, o, messageKey), "a second run does nothing")
	require.Equal(t, 1, calls, "a message that is delivered is not sent again")
}

func TestSendMessage_failedMarkSendsAgain(t *testing.T) {
	t.Parallel()
	o, calls := newOutbox(), 0
	o.markFails = []error{errors.New("connection reset")}
	r := receiver(func(context.Context, neighbour.Message) error {
		calls++
		return nil
	})
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, send(t, r, o, messageKey)))
	require.NoError(t, send(t, r, o, messageKey))
	require.Equal(t, 2, calls, "at least once: the neighbour drops the second by its key")
}

func TestSendMessage_decidesByTheNeighboursError(t *testing.T) {
	t.Parallel()
	refused := errors.New("platform: status 400")
	for want, err := range map[decision]error{
		{Type: "Throttled", Wait: 7 * time.Second, Benign: true}:  neighbour.Throttled(refused, 7*time.Second),
		{Type: "Throttled", Wait: 30 * time.Second, Benign: true}: neighbour.Throttled(refused, 0),
		{Type: "Throttled", Wait: time.Hour, Benign: true}:        neighbour.Throttled(refused, 50*time.Hour),
		{Type: "OurFault", Wait: 5 * time.Minute}:                 neighbour.OurFault(refused),
		{Type: "Refused", Final: true}:                            neighbour.Final(refused),
		{Type: "TryAgain"}:                                        refused,
	} {
		o := newOutbox()
		require.Equal(t, want, decisionOf(t, send(t, answering(err), o, messageKey)))
		require.Zero(t, o.marks)
	}
}

// This test sends over HTTP, so that the errors of the platform's adapter and the decisions about them fit each other.
func TestSendMessage_understandsThePlatformsAnswers(t *testing.T) {
	t.Parallel()
	var status int
	var retryAfter string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
	}))
	defer server.Close()
	p, err := platform.New(platform.Options{URL: server.URL, Secrets: []string{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}}, nil)
	require.NoError(t, err)
	answered := func(with int, header string) decision {
		status, retryAfter = with, header
		o := newOutbox()
		o.message.Payload = []byte("{}")
		err := send(t, p.Send, o, messageKey)
		require.Zero(t, o.marks)
		return decisionOf(t, err)
	}
	require.Equal(t, decision{Type: "Throttled", Wait: 7 * time.Second, Benign: true}, answered(http.StatusServiceUnavailable, "7"))
	require.Equal(t, decision{Type: "Throttled", Wait: time.Hour, Benign: true}, answered(http.StatusTooManyRequests, "180000"))
	require.Equal(t, decision{Type: "Refused", Final: true}, answered(http.StatusGone, ""))
	for _, status := range []int{301, 400, 401, 404, 409, 429, 500, 502, 503} {
		require.Equal(t, decision{Type: "TryAgain"}, answered(status, ""), status)
	}

	unopened := newOutbox()
	p, err = platform.New(platform.Options{URL: server.URL, Secrets: []string{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}}, lostKeyset{})
	require.NoError(t, err)
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, send(t, p.Send, unopened, messageKey)), "a keyset can be mended")
}

// lostKeyset is a vault that opens nothing.
type lostKeyset struct{}

func (lostKeyset) OpenBody([]byte, []byte) ([]byte, error) { return nil, errors.New("no keyset") }

func TestSendMessage_unknownMessageIsNotRetried(t *testing.T) {
	t.Parallel()
	nobody := answering(errors.New("sent"))
	require.Equal(t, decision{Type: "NoMessage", Final: true}, decisionOf(t, send(t, nobody, newOutbox(), "another")))
	away := newOutbox()
	away.reads = errors.New("connection refused")
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, send(t, nobody, away, messageKey)))
}
