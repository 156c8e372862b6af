package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

const twoDays = 48 * time.Hour

// claimAt claims a reminder at a moment after noon, under a guard.
func (b bundle) claimAt(t *testing.T, id item.ID, mail item.MailRef, after time.Duration, guard mailing.Guard) mailing.Claimed {
	t.Helper()
	d := mailing.Draft{MessageID: string(id) + after.String() + mail.DedupKey(id), At: noon.Add(after), LinkExpiresAt: noon.Add(after + week)}
	c, err := b.ClaimMail(t.Context(), id, mail, d, guard)
	require.NoError(t, err)
	return c
}

func TestClaimMail_waits48HoursAfterAMailAboutAnyItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	guard := mailing.Guard{Gap: twoDays}
	require.Zero(t, b.claimAt(t, "itm_1", reminder(1, 1), 0, guard).Held)

	b.breakItem(t, "itm_2", "m_1", noon)
	held := b.claimAt(t, "itm_2", reminder(1, 1), time.Hour, guard)
	require.Equal(t, noon.Add(twoDays), held.Held.Until, "claimed is on its way: it counts")
	require.Zero(t, b.claimAt(t, "itm_2", reminder(1, 1), twoDays, guard).Held)
	require.Zero(t, b.claimAt(t, "itm_1", item.MailRef{Kind: item.Reconnected, Incident: 1}, time.Hour, guard).Held, "thanks are never held")
	require.Zero(t, b.claimAt(t, "itm_1", item.MailRef{Kind: item.Reminder, Incident: 1, Step: 2, SendNow: true},
		time.Hour, guard).Held, "a person's own is not, either")
}

func TestClaimMail_ofTenItemsAtOnceIsOneMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := []item.ID{"itm_0", "itm_1", "itm_2", "itm_3", "itm_4", "itm_5", "itm_6", "itm_7", "itm_8", "itm_9"}
	for _, id := range ids {
		b.breakItem(t, id, "m_1", noon)
	}
	claimed := make([]mailing.Claimed, len(ids))
	requireNoErrors(t, atOnce(len(ids), func(i int) (err error) {
		claimed[i], err = b.ClaimMail(t.Context(), ids[i], reminder(1, 1), draft(i), mailing.Guard{Gap: twoDays})
		return err
	}))
	var free []mailing.Claimed
	for _, c := range claimed {
		if c.Held == (item.Hold{}) {
			free = append(free, c)
		}
	}
	require.Len(t, free, 1)
	require.Len(t, free[0].Content.Connections, 10, "it lists all of them")
}

func TestClaimMail_isAStepOfEveryItemThatItLists(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	b.breakItem(t, "itm_2", "m_1", noon)
	c := b.claimAt(t, "itm_1", reminder(1, 1), 0, mailing.Guard{})
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon, mailing.Undelivered{}))
	h, err := b.MailHistory(t.Context(), "itm_2", 1, item.Reminder)
	require.NoError(t, err)
	require.Equal(t, 1, h.Used)
	require.Equal(t, noon, h.LastUsed)
	require.Equal(t, noon, h.LastMail)
	require.Equal(t, "America/New_York", h.TimeZone)
}

func TestClaimMail_pauseHoldsTheMailsOfItsScopeOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scope mailing.PauseScope
		key   string
		holds bool
	}{
		{mailing.PauseAll, "", true},
		{mailing.PauseInstitution, "ins_109508", true},
		{mailing.PauseInstitution, "ins_1", false},
		{mailing.PausePartner, "north-iso", true},
		{mailing.PausePartner, "south-iso", false},
		{mailing.PauseMerchant, "m_1", true},
		{mailing.PauseMerchant, "m_2", false},
	} {
		b := setup(t)
		b.breakItem(t, "itm_1", "m_1", noon)
		paused, err := b.PauseMails(t.Context(), mailing.Pause{Scope: c.scope, Key: c.key, Why: "a drill", By: "olga"})
		require.NoError(t, err)
		require.True(t, paused)
		mail := item.MailRef{Kind: item.Reminder, Incident: 1, Step: 2, SendNow: true}
		held := b.claimAt(t, "itm_1", mail, 0, mailing.Guard{}).Held
		require.Equal(t, c.holds, held != item.Hold{}, "%s %s", c.scope, c.key)
		if !c.holds {
			continue
		}
		require.Equal(t, "paused: a drill", held.Why)
		ended, err := b.ResumeMails(t.Context(), c.scope, c.key, "olga")
		require.NoError(t, err)
		require.Equal(t, 1, ended)
		require.Zero(t, b.claimAt(t, "itm_1", mail, 0, mailing.Guard{}).Held)
	}
}

func TestClaimMail_massBreakPausesFirstMailsAndCallsAPersonOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []item.ID{"itm_1", "itm_2", "itm_3"} {
		b.breakItem(t, id, "m_"+string(id), noon)
	}
	guard := mailing.Guard{Within: 10 * time.Minute, OfInstitution: 3}
	for _, id := range []item.ID{"itm_1", "itm_2", "itm_3"} {
		require.NotZero(t, b.claimAt(t, id, reminder(1, 1), time.Minute, guard).Held)
	}
	require.Zero(t, b.claimAt(t, "itm_1", reminder(1, 2), time.Minute, guard).Held, "who was mailed before is mailed on")
	open, err := b.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, tasks.MassBreak, open[0].Kind)
	require.Contains(t, open[0].Why, "3 Items of First Platypus Bank broke within 10m0s")

	ended, err := b.ResumeMails(t.Context(), mailing.PauseInstitution, "ins_109508", "olga")
	require.NoError(t, err)
	require.Equal(t, 1, ended)
	open, err = b.Tasks(t.Context())
	require.NoError(t, err)
	require.Empty(t, open)
	require.Zero(t, b.claimAt(t, "itm_1", reminder(1, 1), time.Minute, guard).Held,
		"what was released stays released, though the breaks are as near")
}

func TestClaimMail_fewerOrOlderBreaksPauseNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	b.breakItem(t, "itm_2", "m_2", noon.Add(-time.Hour))
	require.Zero(t,
		b.claimAt(t, "itm_1", reminder(1, 1), time.Minute, mailing.Guard{Within: 10 * time.Minute, OfInstitution: 2, OfAll: 2}).Held)
	require.Zero(t, b.count(t, `SELECT count(*) FROM pauses`))
}

func TestClaimMail_shadowedIsRecordedAndUsesItsStep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	c := b.claimAt(t, "itm_1", reminder(1, 1), 0, mailing.Guard{Shadow: true})
	require.True(t, c.Shadowed)
	h, err := b.MailHistory(t.Context(), "itm_1", 1, item.Reminder)
	require.NoError(t, err)
	require.Equal(t, 1, h.Used)
	require.Zero(t, h.LastMail, "the merchant got nothing")
	require.Equal(t, "mail_shadowed mail/itm_1/1/reminder-1", b.audited(t, "itm_1")[2])

	b.exec(t, `UPDATE items SET shadow = true`)
	require.True(t, b.claimAt(t, "itm_1", reminder(1, 2), 0, mailing.Guard{}).Shadowed, "enrolled to be watched only")
}
