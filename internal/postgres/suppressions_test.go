package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

var thanks = item.MailRef{Kind: item.Reconnected, Incident: 1}

// reasonFor returns why the Item's merchant may not be mailed, as planning sees it.
func (b bundle) reasonFor(t *testing.T, id item.ID) mailing.SuppressReason {
	t.Helper()
	h, err := b.MailHistory(t.Context(), id, 1, item.Reminder)
	require.NoError(t, err)
	return h.Suppressed
}

// audits counts the audit's rows of a kind.
func (b bundle) audits(t *testing.T, id item.ID, kind string) int {
	t.Helper()
	return b.count(t, `SELECT count(*) FROM audit WHERE item_id = $1 AND kind = $2`, id, kind)
}

func TestUnsubscribe_stopsMailsAndCallsAPersonOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	b.enrol(t, "itm_2", "m_1")
	b.breakItem(t, "itm_3", "m_2", noon)
	require.Empty(t, b.reasonFor(t, "itm_1"))
	errs := atOnce(5, func(int) error { return b.Unsubscribe(t.Context(), "m_1", noon) })
	requireNoErrors(t, errs)

	require.Equal(t, mailing.Unsubscribed, b.reasonFor(t, "itm_1"))
	require.Empty(t, b.reasonFor(t, "itm_3"), "another merchant")
	for _, id := range []item.ID{"itm_1", "itm_2"} {
		require.Equal(t, 1, b.audits(t, id, "mails_stopped"), id)
		_, err := b.VerifyAudit(t.Context(), id)
		require.NoError(t, err)
	}
	require.Zero(t, b.audits(t, "itm_3", "mails_stopped"))
	open, err := b.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, tasks.Unsubscribed, open[0].Kind)
	require.Equal(t, item.ID("itm_1"), open[0].ItemID, "the one that waits for the merchant")
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE code = 'merchant_changed' AND item_id = 'itm_1'`), "it plans again")
	require.Equal(t, 0, b.count(t, `SELECT count(*) FROM inbox WHERE code = 'merchant_changed' AND item_id = 'itm_2'`), "it waits for nobody")

	require.NoError(t, b.CloseTask(t.Context(), open[0].ID, "olga"))
	before := b.dump(t)
	require.NoError(t, b.Unsubscribe(t.Context(), "m_1", noon.Add(time.Hour)))
	require.Equal(t, before, b.dump(t), "the person has seen to it")
	require.ErrorIs(t, b.Unsubscribe(t.Context(), "nobody", noon), item.ErrUnknown)
}

func TestClaimMail_claimsNothingForASuppressedAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	require.NoError(t, b.Unsubscribe(t.Context(), "m_1", noon))
	for _, mail := range []item.MailRef{reminder(1, 1), {Kind: item.Reminder, Incident: 1, Step: 1, SendNow: true}, thanks} {
		for range 2 {
			c := b.claimMail(t, "itm_1", mail, draft(1))
			require.Equal(t, mailing.Unsubscribed, c.Suppressed)
			require.Zero(t, c.MailID)
		}
	}
	require.Zero(t, b.count(t, `SELECT count(*) FROM mails`))
	require.Equal(t, 2, b.audits(t, "itm_1", "mail_suppressed"), "one for each slot")
}

func TestClaimMail_failsAMailWhoseAddressWasSuppressedSince(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	claimed := b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	require.NoError(t, b.Unsubscribe(t.Context(), "m_1", noon))
	b.exec(t, `UPDATE merchants SET email = 'new@bluebottle.example' WHERE merchant_id = 'm_1'`)

	again := b.claimMail(t, "itm_1", reminder(1, 1), draft(2))
	require.True(t, again.Failed, "it would go to the address of its time")
	require.Equal(t, claimed.Content, again.Content)
	require.Equal(t, 1, b.audits(t, "itm_1", "mail_failed"))
	next := b.claimMail(t, "itm_1", reminder(1, 2), draft(3))
	require.Empty(t, next.Suppressed, "another address is another address")
	require.Equal(t, "new@bluebottle.example", next.Content.Merchant.Email)

	sent := b.claimMail(t, "itm_1", thanks, draft(4))
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", sent, noon, mailing.Undelivered{}))
	_, _, err := b.Suppress(t.Context(), "new@bluebottle.example", "asked by phone", "olga", noon)
	require.NoError(t, err)
	require.True(t, b.claimMail(t, "itm_1", thanks, draft(5)).Sent, "what was sent was sent")
}

func TestSuppress_takesAnAddressForTheSameInEitherCase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon) // ada@m_1.example
	suppressed, merchants, err := b.Suppress(t.Context(), " ADA@M_1.Example", "asked by phone", "olga", noon)
	require.NoError(t, err)
	require.True(t, suppressed)
	require.Equal(t, []string{"m_1"}, merchants)
	require.Equal(t, mailing.ByHand, b.reasonFor(t, "itm_1"))
	suppressed, _, err = b.Suppress(t.Context(), "ada@m_1.example", "again", "olga", noon)
	require.NoError(t, err)
	require.False(t, suppressed)

	all, err := b.Suppressions(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, mailing.Suppression{
		ID: all[0].ID, Reason: mailing.ByHand, Why: "asked by phone", Address: "ada@m_1.example",
		Merchants: []string{"m_1"}, By: "olga", Since: all[0].Since,
	}, all[0])
	require.True(t, all[0].Since.Equal(noon))
}

func TestSuppress_storesAnAddressThatNobodyHasAsAHashOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, merchants, err := b.Suppress(t.Context(), "gone@example.com", "asked by phone", "olga", noon)
	require.NoError(t, err)
	require.Empty(t, merchants)
	all, err := b.Suppressions(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Empty(t, all[0].Address)
	require.Empty(t, all[0].Merchants)
	require.Zero(t, b.count(t, `SELECT count(*) FROM suppressions s WHERE s::text ILIKE '%gone%'`))

	b.breakItem(t, "itm_1", "m_1", noon)
	b.exec(t, `UPDATE merchants SET email = 'Gone@example.com'`)
	require.Equal(t, mailing.ByHand, b.reasonFor(t, "itm_1"), "whoever has it later is not mailed either")
}

func TestUnsuppress_letsAnAddressBeMailedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	require.NoError(t, b.Unsubscribe(t.Context(), "m_1", noon))
	_, _, err := b.Suppress(t.Context(), "ada@m_1.example", "too", "olga", noon)
	require.NoError(t, err)
	b.exec(t, `UPDATE inbox SET state = 'delivered', delivered_at = now()`)

	ended, merchants, err := b.Unsuppress(t.Context(), "Ada@m_1.example", "olga", noon)
	require.NoError(t, err)
	require.Equal(t, 2, ended)
	require.Equal(t, []string{"m_1"}, merchants)
	require.Empty(t, b.reasonFor(t, "itm_1"))
	require.NotZero(t, b.claimMail(t, "itm_1", reminder(1, 1), draft(1)).MailID)
	require.Equal(t, 1, b.audits(t, "itm_1", "mails_resumed"))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE code = 'merchant_changed' AND state <> 'delivered'`), "it plans again")
	open, err := b.Tasks(t.Context())
	require.NoError(t, err)
	require.Empty(t, open)
	ended, _, err = b.Unsuppress(t.Context(), "ada@m_1.example", "olga", noon)
	require.NoError(t, err)
	require.Zero(t, ended)

	require.NoError(t, b.Unsubscribe(t.Context(), "m_1", noon.Add(time.Hour)))
	require.Equal(t, mailing.Unsubscribed, b.reasonFor(t, "itm_1"))
	require.Equal(t, 3, b.audits(t, "itm_1", "mails_stopped"))
}

func TestMailEnded_finalFailureCallsAPersonAndABadAddressIsSuppressed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	c := b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	for range 2 {
		require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon, mailing.Undelivered{Why: "554 5.7.1 looks like spam"}))
	}
	require.Empty(t, b.reasonFor(t, "itm_1"), "the address is not the trouble")
	open, err := b.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, tasks.Undeliverable, open[0].Kind)
	require.Equal(t, "554 5.7.1 looks like spam", open[0].Why)

	c = b.claimMail(t, "itm_1", reminder(1, 2), draft(2))
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon, mailing.Undelivered{Why: "550 5.1.1 no such mailbox", BadAddress: true}))
	require.Equal(t, mailing.Bounced, b.reasonFor(t, "itm_1"))
	require.Equal(t, 1, b.audits(t, "itm_1", "mails_stopped"))
}

func TestMailBounced_isRecordedOnceAndStopsMailsIfPermanent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	c := b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon, mailing.Undelivered{}))
	report := mailing.BounceReport{MessageID: "draft-1@relink.example", Kind: mailing.Bounce, Codes: "450 4.2.2", By: "the platform", At: noon}

	got, err := b.MailBounced(t.Context(), report)
	require.NoError(t, err)
	require.Equal(t, mailing.BouncedMail{ItemID: "itm_1", MerchantID: "m_1"}, got)
	require.Empty(t, b.reasonFor(t, "itm_1"), "the next one may arrive")
	open, err := b.Tasks(t.Context())
	require.NoError(t, err)
	require.Empty(t, open)

	report.Permanent, report.Codes = true, "550 5.1.1"
	requireNoErrors(t, atOnce(5, func(int) error { _, err := b.MailBounced(t.Context(), report); return err }))
	require.Equal(t, mailing.Bounced, b.reasonFor(t, "itm_1"))
	require.Equal(t, 2, b.audits(t, "itm_1", "mail_bounce"))
	require.Equal(t, 1, b.audits(t, "itm_1", "mails_stopped"))

	report.Kind = mailing.Complaint
	got, err = b.MailBounced(t.Context(), report)
	require.NoError(t, err)
	require.True(t, got.Suppressed)
	require.Equal(t, 2, b.count(t, `SELECT count(*) FROM suppressions`), "each reason stands by itself")
	open, err = b.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, open, 1)

	report.MessageID = "of-somebody-else@example.com"
	_, err = b.MailBounced(t.Context(), report)
	require.ErrorIs(t, err, mailing.ErrUnknownMail)
}

func TestMailBounced_suppressesTheAddressThatTheMailWentTo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	b.claimMail(t, "itm_1", reminder(1, 1), draft(1))
	b.exec(t, `UPDATE merchants SET email = 'new@bluebottle.example'`)
	_, err := b.MailBounced(t.Context(),
		mailing.BounceReport{MessageID: "draft-1@relink.example", Kind: mailing.Bounce, Permanent: true, At: noon})
	require.NoError(t, err)
	require.Empty(t, b.reasonFor(t, "itm_1"))
	b.exec(t, `UPDATE merchants SET email = 'ada@m_1.example'`)
	require.Equal(t, mailing.Bounced, b.reasonFor(t, "itm_1"))
}

func TestSuppressions_neverStoreAnAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	require.NoError(t, b.Unsubscribe(t.Context(), "m_1", noon))
	for _, table := range []string{"suppressions", "tasks", "audit", "inbox"} {
		require.Zero(t, b.count(t, fmt.Sprintf(`SELECT count(*) FROM %s t WHERE t::text ILIKE '%%%s%%'`, table, strings.ToLower("ada@"))), table)
	}
}
