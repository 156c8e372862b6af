package item_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

// pick returns one of the values.
func pick[T any](dice *rand.Rand, values ...T) T { return values[dice.IntN(len(values))] }

// anyEvent returns a random event, with every field set that a rule could read. The events follow no order, so
// sequences occur that Plaid, the merchant and the workflow would never cause.
func anyEvent(dice *rand.Rand, l item.Life, now time.Time) item.Event {
	hours := func(n int) time.Time { return now.Add(time.Duration(dice.IntN(2*n)-n) * time.Hour) }
	mail := item.MailRef{
		Kind: pick(dice, item.Reminder, item.Expires, item.Reconnected), Incident: l.Incident - dice.IntN(2),
		Step: 1 + dice.IntN(3), SendNow: dice.IntN(2) == 0,
	}
	switch dice.IntN(16) {
	case 0, 1, 2:
		source := pick(dice, item.FromWebhook, item.FromPortal, item.FromReconcile, item.FromOperator)
		code := pick(dice, "ITEM/ERROR", "ITEM/LOGIN_REPAIRED", item.LinkOpened, item.LinkFinished, item.LinkLeft,
			item.NewLinkRequested, item.MerchantChanged)
		row := dice.Int64N(50)
		return item.Hinted{Hint: item.Hint{Source: source, Code: code, InboxIDs: []int64{row}, Until: hours(48), At: now}}
	case 3, 4:
		return item.Hinted{Hint: item.Hint{
			Source: item.FromWebhook, Code: pick(dice, item.PendingDisconnect, item.PendingExpiration),
			Reason: pick(dice, "", "INSTITUTION_MIGRATION"), InboxIDs: []int64{dice.Int64N(50)}, Until: hours(24 * 20), At: now,
		}}
	case 5:
		return item.CommandIssued{Command: item.OperatorCommand{Do: pick(dice, item.Commands()...), Until: hours(48)}, At: now}
	case 6:
		plan := item.Plan{Step: 1 + dice.IntN(3), At: hours(48), Exhausted: dice.IntN(3) == 0, Suppressed: dice.IntN(9) == 0}
		kind := pick(dice, "", item.Reminder, item.Expires)
		return item.Planned{Incident: l.Incident - dice.IntN(2), Sent: dice.IntN(4), Kind: kind, Plan: plan, At: now}
	case 7:
		return item.MailStarted{Mail: mail}
	case 8:
		outcome := pick(dice, item.MailSent, item.MailUnneeded, item.MailFailed, item.MailCancelled, item.MailStuck, item.MailHeld,
			item.MailSuppressed, item.MailShadowed)
		return item.MailEnded{Mail: mail, Outcome: outcome, At: now, Until: hours(48), Why: "held"}
	case 9:
		return pick[item.Event](dice, item.AskStarted{}, item.Unanswered{At: now}, item.EscalationDue{At: now})
	case 10:
		if dice.IntN(20) == 0 {
			return item.RemovedAtPlaid{At: now}
		}
	}
	status := item.PlaidStatus{Gone: dice.IntN(60) == 0}
	if dice.IntN(2) == 0 {
		status.ErrorCode = pick(dice, item.ErrorCodes()...)
		status.ErrorReason = pick(dice, "", "OAUTH_CONSENT_EXPIRED", "OAUTH_USER_REVOKED")
	}
	if dice.IntN(3) == 0 {
		status.ConsentExpiresAt = hours(24 * 40)
	}
	if dice.IntN(6) == 0 {
		status.RelinkedAt = hours(24)
	}
	return item.Answered{Status: status, At: now}
}

// It folds 20,000 lives of events in any order. Each change of state and cause must be recorded and in the table, and
// each row of the table must be reached.
func TestTransitions_areAllThatLivesDoAndAllAreReached(t *testing.T) {
	t.Parallel()
	allowed := map[item.Change]int{}
	for _, c := range item.Changes() {
		allowed[c] = 0
	}
	lenient := item.ProductionRules()
	for seed := range uint64(20_000) {
		dice := rand.New(rand.NewPCG(seed, 1))
		l, now := connected(), noon
		for range 30 {
			now = now.Add(time.Duration(dice.IntN(100)) * time.Hour)
			event := anyEvent(dice, l, now)
			before := l
			l = lenient.Apply(l, event)
			at := before.State
			for _, change := range l.Unrecorded {
				require.Equal(t, at, change.From, "life %d, %#v: not on the record", seed, event)
				at = change.To
				if change.By == "" {
					continue
				}
				require.NotEqual(t, item.RuleViolation, change.Step, "life %d, %#v: %s", seed, event, change.Why)
				made := item.Change{From: change.From, To: change.To, By: change.By}
				require.Contains(t, allowed, made, "life %d, %#v", seed, event)
				allowed[made]++
			}
			require.Equal(t, at, l.State, "life %d, %#v: not on the record", seed, event)
			if l.Cause != before.Cause {
				require.NotEmpty(t, l.Unrecorded, "life %d, %#v: not on the record", seed, event)
			}
			l = lenient.Apply(l, item.Recorded{Count: len(l.Unrecorded)})
		}
	}
	for c, times := range allowed {
		require.NotZero(t, times, "no life went from %s to %s by %s", c.From, c.To, c.By)
	}
}

func TestTransitions_leaveNoStateButRemovedAlone(t *testing.T) {
	t.Parallel()
	for _, s := range item.States() {
		var opens, closes int
		for _, c := range item.Changes() {
			if c.To == s && c.From != s {
				opens++
			}
			if c.From == s && c.To != s {
				closes++
			}
		}
		require.NotZero(t, opens, s)
		require.Equal(t, s == item.Removed, closes == 0, "removed is final, and nothing else is: %s", s)
	}
}

// No rule leads out of a state that this code does not know.
func TestApply_refusesWhatTheTableDoesNotHold(t *testing.T) {
	t.Parallel()
	lenient := item.ProductionRules()
	foreign := item.Life{State: "dormant", Cause: item.Gone, Incident: 3, LinkAttempts: 1}
	for _, status := range []item.PlaidStatus{{}, {ErrorCode: "ITEM_LOGIN_REQUIRED"}, {Gone: true}, {ConsentExpiresAt: noon.Add(day)}} {
		answer := item.Answered{Status: status, At: noon}
		l := lenient.Apply(foreign, answer)
		require.EqualValues(t, "dormant", l.State)
		require.Equal(t, item.Gone, l.Cause)
		require.Equal(t, 3, l.Incident)
		require.Zero(t, l.OwesReconnectedMail)
		require.Len(t, l.Unrecorded, 1)
		refused := l.Unrecorded[0]
		require.Equal(t, item.RuleViolation, refused.Step)
		require.EqualValues(t, "dormant", refused.To, "the record keeps the state as well")
		require.Contains(t, refused.Why, string(refused.Refused))

		require.Equal(t, item.Record, lenient.Next(l, noon).Do)
		l = lenient.Apply(l, item.Recorded{Count: 1})
		require.Equal(t, item.Action{Do: item.Wait, Until: noon.Add(time.Hour)}, lenient.Next(l, noon), "Plaid is asked again, not at once")
		again := lenient.Apply(l, item.Answered{Status: status, At: noon.Add(time.Hour)}).Unrecorded[0]
		require.Equal(t, refused.Key(), again.Key(), "it is recorded once")

		require.PanicsWithValue(t, refused.Why, func() { rules.Apply(foreign, answer) })
	}
	l := lenient.Apply(foreign, item.RemovedAtPlaid{At: noon})
	require.EqualValues(t, "dormant", l.State)
	require.Equal(t, item.Removed, l.Unrecorded[0].Refused)
	require.NotEqual(t, item.Closed, l.Unrecorded[0].Step)
}
