package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/telemetry"
	"relink/internal/vault"
)

// tally is a watch that keeps what it is told.
type tally struct {
	asked, begun, mailed, incidents, sent []string
}

type watchedKey struct{}

func (t *tally) Asked(result string) { t.asked = append(t.asked, result) }

func (t *tally) Mailing(ctx context.Context, kind string) (context.Context, func(outcome string)) {
	t.begun = append(t.begun, kind)
	return context.WithValue(ctx, watchedKey{}, kind), func(outcome string) { t.mailed = append(t.mailed, kind+" "+outcome) }
}

func (t *tally) Incident(step, cause string) { t.incidents = append(t.incidents, step+" "+cause) }

func (t *tally) Sent(destination, class, outcome string) {
	t.sent = append(t.sent, destination+" "+class+" "+outcome)
}

// labelled returns the words that a metric's label can say.
func labelled(t *testing.T, series, label string) []string {
	t.Helper()
	labels, ok := telemetry.Labels(series)
	require.True(t, ok, series)
	return labels[label]
}

func TestEachQuestionIsCountedByItsAnswer(t *testing.T) {
	t.Parallel()
	var words []string
	for _, c := range []struct {
		truth item.PlaidStatus
		err   error
		want  string
	}{
		{truth: item.PlaidStatus{}, want: "healthy"},
		{truth: item.PlaidStatus{Gone: true}, want: "gone"},
		{truth: item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}, want: "broken"},
		{truth: item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}, want: "broken"},
		{truth: item.PlaidStatus{ErrorCode: "INSTITUTION_DOWN"}, want: "undecided"},
		{truth: item.PlaidStatus{ErrorCode: "PRODUCT_NOT_ENABLED"}, want: "our_fault"},
		{err: fmt.Errorf("get item: %w", &fault{throttled: true, ours: true}), want: "throttled"},
		{err: &fault{ours: true, final: true}, want: "our_fault"},
		{err: &fault{final: true}, want: "refused"},
		{err: &fault{}, want: "failed"},
		{err: errors.New("connection reset"), want: "failed"},
	} {
		var told tally
		b := activities.InstrumentPlaid(bank(func(_ context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
			require.Equal(t, sealed, token)
			require.True(t, accounts)
			return c.truth, c.err
		}), &told)
		truth, err := b.Truth(t.Context(), sealed, true)
		require.Equal(t, c.truth, truth)
		require.Equal(t, c.err, err)
		require.Equal(t, []string{c.want}, told.asked)
		if !slices.Contains(words, c.want) {
			words = append(words, c.want)
		}
	}
	require.ElementsMatch(t, words, labelled(t, "relink_plaid_questions_total", "result"), "the metric's table has just these words")
}

func TestEachMailIsWatchedFromItsBeginningToItsOutcome(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"reminder taken": nil, "reminder undeliverable": fmt.Errorf("send: %w", bounce("550")), "reminder failed": errors.New("connection reset"),
	} {
		var told tally
		notice := mailing.Content{MessageID: "1@relink.example.com", Kind: item.Reminder}
		p := activities.InstrumentMail(postbox(func(ctx context.Context, n mailing.Content) error {
			require.Equal(t, notice, n)
			require.Equal(t, "reminder", ctx.Value(watchedKey{}), "it is not sent in the watch's context")
			require.Empty(t, told.mailed)
			return err
		}), &told)
		require.Equal(t, err, p.Send(t.Context(), notice))
		require.Equal(t, []string{"reminder"}, told.begun)
		require.Equal(t, []string{want}, told.mailed)
		require.Contains(t, labelled(t, "relink_mails_total", "outcome"), strings.TrimPrefix(want, "reminder "))
	}
}

func TestTransitionsAreCountedOnceTheyAreRecorded(t *testing.T) {
	t.Parallel()
	transitions := []item.Transition{{Step: item.Opened, Cause: item.Credentials}, {Step: item.Closed}}
	var told tally
	fails := errors.New("connection refused")
	m := activities.InstrumentStore(remember{record: func(item.ID, []item.Transition) error { return fails }}, &told)
	require.ErrorIs(t, m.Record(t.Context(), itemID, transitions), fails)
	require.Empty(t, told.incidents)

	m = activities.InstrumentStore(remember{record: func(id item.ID, got []item.Transition) error {
		require.Equal(t, itemID, id)
		require.Equal(t, transitions, got)
		return nil
	}}, &told)
	require.NoError(t, m.Record(t.Context(), itemID, transitions))
	require.Equal(t, []string{"opened credentials", "closed "}, told.incidents)
}
