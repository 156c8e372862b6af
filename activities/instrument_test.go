package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/neighbour"
	"relink/internal/telemetry"
	"relink/internal/vault"
)

// tally is a recorder that keeps what it was called with.
type tally struct {
	asked, begun, mailed, incidents, sent []string
}

type mailKey struct{}

func (t *tally) Asked(result string) { t.asked = append(t.asked, result) }

func (t *tally) Mailing(ctx context.Context, kind string) (context.Context, func(outcome string)) {
	t.begun = append(t.begun, kind)
	return context.WithValue(ctx, mailKey{}, kind), func(outcome string) { t.mailed = append(t.mailed, kind+" "+outcome) }
}

func (t *tally) Incident(step, cause string) { t.incidents = append(t.incidents, step+" "+cause) }

func (t *tally) Sent(destination, class, outcome string) {
	t.sent = append(t.sent, destination+" "+class+" "+outcome)
}

// labelled returns the values that a metric's label can have.
func labelled(t *testing.T, series, label string) []string {
	t.Helper()
	labels, ok := telemetry.Labels(series)
	require.True(t, ok, series)
	return labels[label]
}

func TestInstrumentPlaid_countsAnswersByResult(t *testing.T) {
	t.Parallel()
	var words []string
	for _, c := range []struct {
		status item.PlaidStatus
		err    error
		want   string
	}{
		{status: item.PlaidStatus{}, want: "healthy"},
		{status: item.PlaidStatus{Gone: true}, want: "gone"},
		{status: item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}, want: "broken"},
		{status: item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}, want: "broken"},
		{status: item.PlaidStatus{ErrorCode: "INSTITUTION_DOWN"}, want: "undecided"},
		{status: item.PlaidStatus{ErrorCode: "PRODUCT_NOT_ENABLED"}, want: "our_fault"},
		{err: fmt.Errorf("get item: %w", &fault{throttled: true, ours: true}), want: "throttled"},
		{err: &fault{ours: true, final: true}, want: "our_fault"},
		{err: &fault{final: true}, want: "refused"},
		{err: &fault{}, want: "failed"},
		{err: errors.New("connection reset"), want: "failed"},
	} {
		var counted tally
		b := activities.InstrumentPlaid(fakePlaid(func(_ context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
			require.Equal(t, sealed, token)
			require.True(t, accounts)
			return c.status, c.err
		}), &counted)
		status, err := b.Status(t.Context(), sealed, true)
		require.Equal(t, c.status, status)
		require.Equal(t, c.err, err)
		require.Equal(t, []string{c.want}, counted.asked)
		if !slices.Contains(words, c.want) {
			words = append(words, c.want)
		}
	}
	require.ElementsMatch(t, words, labelled(t, "relink_plaid_questions_total", "result"), "the metric's table has exactly these values")
}

func TestInstrumentMail_recordsEachMailFromItsBeginningToItsOutcome(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"reminder taken": nil, "reminder undeliverable": fmt.Errorf("send: %w", bounce("550")), "reminder failed": errors.New("connection reset"),
	} {
		var counted tally
		content := mailing.Content{MessageID: "1@relink.example.com", Kind: item.Reminder}
		p := activities.InstrumentMail(fakeSender(func(ctx context.Context, got mailing.Content) error {
			require.Equal(t, content, got)
			require.Equal(t, "reminder", ctx.Value(mailKey{}), "the mail is sent in the recorder's context")
			require.Empty(t, counted.mailed)
			return err
		}), &counted)
		require.Equal(t, err, p.Send(t.Context(), content))
		require.Equal(t, []string{"reminder"}, counted.begun)
		require.Equal(t, []string{want}, counted.mailed)
		require.Contains(t, labelled(t, "relink_mails_total", "outcome"), strings.TrimPrefix(want, "reminder "))
	}
}

func TestInstrumentStore_countsTransitionsOnceTheyAreRecorded(t *testing.T) {
	t.Parallel()
	transitions := []item.Transition{{Step: item.Opened, Cause: item.Credentials}, {Step: item.Closed}}
	var counted tally
	fails := errors.New("connection refused")
	m := activities.InstrumentStore(fakeStore{record: func(item.ID, []item.Transition) error { return fails }}, &counted)
	require.ErrorIs(t, m.Record(t.Context(), itemID, transitions), fails)
	require.Empty(t, counted.incidents)

	m = activities.InstrumentStore(fakeStore{record: func(id item.ID, got []item.Transition) error {
		require.Equal(t, itemID, id)
		require.Equal(t, transitions, got)
		return nil
	}}, &counted)
	require.NoError(t, m.Record(t.Context(), itemID, transitions))
	require.Equal(t, []string{"opened credentials", "closed "}, counted.incidents)
}

func TestInstrumentNeighbour_countsByDestinationClassAndOutcome(t *testing.T) {
	t.Parallel()
	refused := errors.New("platform: status 400")
	for want, err := range map[string]error{
		"platform plaid delivered": nil, "platform plaid throttled": neighbour.Throttled(refused, time.Second),
		"platform plaid our_fault": neighbour.OurFault(refused),
		"platform plaid refused":   fmt.Errorf("send: %w", neighbour.Final(refused)), "platform plaid failed": refused,
	} {
		var counted tally
		n := activities.InstrumentNeighbour(answering(err), &counted)
		require.Equal(t, err, n.Send(t.Context(), newOutbox().message))
		require.Equal(t, []string{want}, counted.sent)
	}
	var counted tally
	event := neighbour.Message{Envelope: neighbour.Envelope{Event: "item.login_required"}}
	require.NoError(t, activities.InstrumentNeighbour(answering(nil), &counted).Send(t.Context(), event))
	require.Equal(t, []string{"platform item delivered"}, counted.sent)
}
