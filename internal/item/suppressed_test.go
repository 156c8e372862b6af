package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestASuppressedMailIsPlannedAgainAndThenAPersonIsCalledOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	letter := item.Letter{Kind: item.Reminder, Incident: 1, Step: 2, Asked: true}
	l := item.Life{
		State: item.LoginRequired, Incident: 1, BrokenSince: now, AnsweredAt: now, Reminders: 1, Wanted: true,
		Plan: item.Plan{Step: 2, At: now}, Sending: letter,
	}
	l = rules.Apply(l, item.MailEnded{Letter: letter, Outcome: item.MailSuppressed, At: now})
	require.Equal(t, item.MakePlan, rules.Next(l, now).Do)
	require.Equal(t, 1, l.Reminders, "the step is not used up")

	over := item.Plan{Exhausted: true, Suppressed: true, Why: "the merchant wants no more mails"}
	l.Wanted = true
	l = rules.Apply(l, item.Planned{Incident: 1, Sent: 1, Plan: over, At: now})
	require.False(t, l.Wanted, "no mail answers the wish")
	require.Len(t, l.Unrecorded, 1)
	require.Equal(t, item.Escalated, l.Unrecorded[0].Step)
	l = rules.Apply(l, item.Recorded{Count: 1})
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(l, now), "it waits on, for nothing but news")

	l = rules.Apply(l, item.Operated{Order: item.Order{Do: item.Replan}, At: now})
	require.Equal(t, item.MakePlan, rules.Next(l, now).Do, "the address may be mailed again")
}

func TestTheThanksToASuppressedAddressAreOver(t *testing.T) {
	t.Parallel()
	thanks := item.Letter{Kind: item.Reconnected, Incident: 3}
	l := item.Life{State: item.Connected, Incident: 3, Thanks: 3, Sending: thanks}
	l = rules.Apply(l, item.MailEnded{Letter: thanks, Outcome: item.MailSuppressed})
	require.Equal(t, item.Action{Do: item.Wait}, rules.Next(l, time.Now()), "they are not tried for ever")
}
