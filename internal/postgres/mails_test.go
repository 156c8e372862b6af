package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mailing"
)

func reminder(incident, step int) item.MailRef {
	return item.MailRef{Kind: item.Reminder, Incident: incident, Step: step}
}

func draft(n int) mailing.Draft {
	at := noon.Add(time.Duration(n) * time.Minute)
	return mailing.Draft{MessageID: fmt.Sprintf("draft-%d@relink.example", n), At: at, LinkExpiresAt: at.Add(week)}
}

// breakItem enrols an Item and opens its incident 1.
func (b bundle) breakItem(t *testing.T, id item.ID, merchantID string, at time.Time) {
	t.Helper()
	b.enrol(t, id, merchantID)
	require.NoError(t, b.Record(t.Context(), id, []item.Transition{opened(1, at)}))
}

func (b bundle) claimMail(t *testing.T, id item.ID, mail item.MailRef, d mailing.Draft) mailing.Claimed {
	t.Helper()
	c, err := b.ClaimMail(t.Context(), id, mail, d, mailing.Guard{})
	require.NoError(t, err)
	return c
}

func TestClaimMail_secondClaimReturnsTheSameMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	first := b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	require.Equal(t, "m_1", first.MerchantID)
	require.Equal(t, "itm_1/1/reminder-1", first.Slot)
	require.Equal(t, draft(1).LinkExpiresAt, first.LinkExpiresAt)
	require.False(t, first.Sent || first.Failed)
	require.Equal(t, mailing.Content{
		MessageID: "draft-1@relink.example", Date: draft(1).At, Kind: item.Reminder, Merchant: b.enrolment(t, "itm_1", "m_1").Merchant,
		Connections: []mailing.Connection{{
			ID: "itm_1", Institution: "First Platypus Bank", State: item.LoginRequired,
			Cause: item.Credentials, BrokenSince: noon,
		}},
	}, first.Content)

	// Whatever changes between two tries, the mail does not.
	b.breakItem(t, "itm_2", "m_1", noon)
	moved := b.enrolment(t, "itm_1", "m_1")
	moved.Merchant.Email = "elsewhere@example.com"
	_, err := b.Enrol(t.Context(), moved)
	require.NoError(t, err)
	require.Equal(t, first, b.claimMail(t, "itm_1", reminder(1, 1), draft(2)))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM mails`))
}

func TestClaimMail_tenClaimsAtOnceAreOneMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	claimed := make([]mailing.Claimed, 10)
	requireNoErrors(t, atOnce(10, func(i int) (err error) {
		claimed[i], err = b.ClaimMail(t.Context(), "itm_1", reminder(1, 1), draft(i), mailing.Guard{})
		return err
	}))
	for _, c := range claimed {
		require.Equal(t, claimed[0], c)
	}
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM mails`))
}

func TestClaimMail_eachStepAndIncidentIsAMailOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	seen := map[int64]bool{}
	for i, mail := range []item.MailRef{reminder(1, 1), reminder(1, 2), reminder(2, 1), {Kind: item.Reconnected, Incident: 1}} {
		seen[b.claimMail(t, "itm_1", mail, draft(i)).MailID] = true
	}
	require.Len(t, seen, 4)
}

func TestClaimMail_reminderListsAllBrokenItemsThanksOnlyTheRepairedOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon.Add(time.Hour))
	b.breakItem(t, "itm_2", "m_1", noon)
	b.enrol(t, "itm_3", "m_1")
	b.breakItem(t, "itm_4", "m_2", noon)

	names := func(c mailing.Claimed) []item.ID {
		var ids []item.ID
		for _, connection := range c.Content.Connections {
			ids = append(ids, connection.ID)
		}
		return ids
	}
	require.Equal(t, []item.ID{"itm_2", "itm_1"}, names(b.claimMail(t, "itm_1", reminder(1, 1), draft(1))), "the longest broken first")

	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{closed(1, noon.Add(2*time.Hour))}))
	thanks := b.claimMail(t, "itm_1", item.MailRef{Kind: item.Reconnected, Incident: 1},
		mailing.Draft{MessageID: "thanks@relink.example", At: noon})
	require.Equal(t, []item.ID{"itm_1"}, names(thanks))
	require.True(t, thanks.LinkExpiresAt.IsZero())
	require.Equal(t, []item.ID{"itm_2"}, names(b.claimMail(t, "itm_2", reminder(1, 1), draft(2))))
}

func TestMailEnded_marksASentMailOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	c := b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon.Add(time.Minute), mailing.Undelivered{}))
	before := b.dump(t)
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon.Add(time.Hour), mailing.Undelivered{}))
	require.Equal(t, before, b.dump(t))

	again := b.claimMail(t, "itm_1", reminder(1, 1), draft(2))
	require.True(t, again.Sent)
	require.False(t, again.Failed)
	require.Equal(t, "mail_sent mail/itm_1/1/reminder-1", b.audited(t, "itm_1")[2])
	n, err := b.VerifyAudit(t.Context(), "itm_1")
	require.NoError(t, err)
	require.Equal(t, 3, n)
}

func TestMailEnded_marksAMailThatCannotBeDelivered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	c := b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon.Add(time.Minute), mailing.Undelivered{Why: "550 no such mailbox"}))
	again := b.claimMail(t, "itm_1", reminder(1, 1), draft(2))
	require.True(t, again.Failed)
	require.False(t, again.Sent)
	require.Equal(t, "mail_failed mail/itm_1/1/reminder-1", b.audited(t, "itm_1")[2])
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM mails WHERE failure = '550 no such mailbox'`))
}

func TestMailHistory_countsWhatIsOverPerIncident(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	requireReminders := func(incident, wantUsed int, wantLast time.Time) {
		t.Helper()
		h, err := b.MailHistory(t.Context(), "itm_1", incident, item.Reminder)
		require.NoError(t, err)
		require.Equal(t, wantUsed, h.Used)
		require.Equal(t, wantLast, h.LastUsed)
	}
	requireReminders(1, 0, time.Time{})

	sent := b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	requireReminders(1, 0, time.Time{}) // claimed is not sent
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", sent, noon.Add(time.Minute), mailing.Undelivered{}))
	requireReminders(1, 1, noon.Add(time.Minute))

	failed := b.claimMail(t, "itm_1", reminder(1, 2), draft(2))
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", failed, noon.Add(time.Hour), mailing.Undelivered{Why: "550"}))
	thanks := b.claimMail(t, "itm_1", item.MailRef{Kind: item.Reconnected, Incident: 1}, draft(3))
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", thanks, noon.Add(2*time.Hour), mailing.Undelivered{}))
	requireReminders(1, 2, noon.Add(time.Hour))
	requireReminders(2, 0, time.Time{})
}

func TestClaimMail_failsForAnUnknownItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.ClaimMail(t.Context(), "itm_1", reminder(1, 1), draft(1), mailing.Guard{})
	require.ErrorIs(t, err, item.ErrUnknown)
	require.ErrorIs(t, b.MailEnded(t.Context(), "itm_1", mailing.Claimed{MailID: 1}, noon, mailing.Undelivered{}), item.ErrUnknown)
	require.Zero(t, b.count(t, `SELECT count(*) FROM mails`))
}

func TestClaimMail_onlyAMailThatWentOutBeginsTheThread(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	b.breakItem(t, "itm_2", "m_1", noon)
	end := func(n int, u mailing.Undelivered) mailing.Claimed {
		c := b.claimMail(t, "itm_1", reminder(1, n), draft(n))
		require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, draft(n).At, u))
		return c
	}
	require.Empty(t, end(1, mailing.Undelivered{Why: "554"}).Content.ThreadID)
	require.Empty(t, end(2, mailing.Undelivered{}).Content.ThreadID, "nothing went out before")
	require.Equal(t, "draft-2@relink.example", end(3, mailing.Undelivered{}).Content.ThreadID)
	require.Equal(t, "draft-2@relink.example", b.claimMail(t, "itm_1", thanks, draft(4)).Content.ThreadID)
	require.Equal(t, "draft-2@relink.example", b.claimMail(t, "itm_2", reminder(1, 1), draft(5)).Content.ThreadID,
		"that mail was about it, too")
	require.Empty(t, b.claimMail(t, "itm_1", reminder(2, 1), draft(6)).Content.ThreadID, "another incident")
}
