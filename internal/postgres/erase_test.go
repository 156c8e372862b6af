package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/mailing"
	"relink/internal/vault"
)

// removed records that an Item was removed at Plaid.
func (b bundle) removed(t *testing.T, id item.ID) {
	t.Helper()
	require.NoError(t, b.Record(t.Context(), id, []item.Transition{
		{Incident: 0, Step: item.Closed, From: item.Connected, To: item.Removed, Cause: item.Gone, At: noon.Add(time.Hour), By: item.ByOperator},
	}))
}

func TestErase_leavesNothingOfAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []item.ID{"itm_1", "itm_2"} {
		e := b.enrolment(t, id, "m_1")
		e.Consent = &enrolment.Consent{Who: "Grace Hopper", At: noon}
		_, err := b.Enrol(t.Context(), e)
		require.NoError(t, err)
		require.NoError(t, b.KeepAccounts(t.Context(), id, []item.Account{{ID: "a", Name: "Lovelace Family Trust"}}))
	}
	b.exec(t, `UPDATE inbox SET state = 'delivered'`)
	b.enrol(t, "itm_9", "m_9")
	_, err := b.ClaimMail(t.Context(), "itm_1", item.MailRef{Incident: 1, Kind: item.Reminder, Step: 1},
		mailing.Draft{MessageID: "id@relink.example", At: noon, LinkExpiresAt: noon.Add(time.Hour)}, mailing.Guard{})
	require.NoError(t, err)
	require.NoError(t, b.KeepFirstLink(t.Context(), linksession.FirstLink{
		MerchantID: "m_1", Hash: []byte("h"),
		Sealed: vault.Sealed{Ciphertext: []byte("x")}, MintedAt: noon, ExpiresAt: noon,
	}, nil))

	erased, err := b.AskErase(t.Context(), "m_1", "platform", noon)
	require.NoError(t, err)
	require.False(t, erased)
	batches, err := b.Claim(t.Context(), 10, time.Minute, 0)
	require.NoError(t, err)
	require.Len(t, batches, 2)
	for _, batch := range batches {
		require.Len(t, batch.Hints, 1)
		require.Equal(t, item.RemoveAsked, batch.Hints[0].Code)
		require.Equal(t, item.FromOperator, batch.Hints[0].Source)
		require.False(t, batch.Hints[0].At.IsZero())
	}
	_, err = b.Enrol(t.Context(), b.enrolment(t, "itm_3", "m_1"))
	require.ErrorIs(t, err, item.ErrErasing)
	_, err = b.BeginExchange(t.Context(), []byte("token"), "m_1", time.Minute)
	require.ErrorIs(t, err, item.ErrErasing)
	held, err := b.ClaimMail(t.Context(), "itm_2", item.MailRef{Incident: 1, Kind: item.Reminder, Step: 1},
		mailing.Draft{MessageID: "other", At: noon}, mailing.Guard{})
	require.NoError(t, err)
	require.Contains(t, held.Held.Why, "being erased")

	b.removed(t, "itm_1")
	erased, err = b.Erase(t.Context(), "m_1", time.Hour, noon)
	require.NoError(t, err)
	require.False(t, erased, "an Item is left at Plaid")
	require.Contains(t, b.dump(t), "Ada")
	require.Equal(t, 2, b.count(t, `SELECT count(*) FROM inbox WHERE code = 'remove_asked'`))
	b.exec(t, `UPDATE inbox SET state = 'dead', received_at = now() - interval '2 h' WHERE code = 'remove_asked'`)
	_, err = b.Erase(t.Context(), "m_1", time.Hour, noon)
	require.NoError(t, err)
	require.Equal(t, 3, b.count(t, `SELECT count(*) FROM inbox WHERE code = 'remove_asked'`), "a removal that got lost is asked for again")

	b.removed(t, "itm_2")
	waiting, err := b.Erasing(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []string{"m_1"}, waiting)
	for range 2 {
		erased, err = b.Erase(t.Context(), "m_1", time.Hour, noon)
		require.NoError(t, err)
		require.True(t, erased)
	}
	left := b.dump(t)
	for _, person := range []string{"Ada\"", ",Ada,ada@m_1", "ada@m_1", "Blue Bottle m_1", "Grace", "Lovelace"} {
		require.NotContains(t, left, person)
	}
	require.Contains(t, left, "ada@m_9", "of another merchant all is left")
	require.Zero(t, b.count(t, `SELECT count(*) FROM items WHERE merchant_id = 'm_1' AND token_sealed <> ''`))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM mails WHERE merchant_id = 'm_1' AND notice->>'MessageID' = 'id@relink.example'`))
	require.Zero(t, b.count(t, `SELECT count(*) FROM pauses WHERE ended_at IS NULL`))
	for _, id := range []item.ID{"itm_1", "itm_2"} {
		_, err := b.VerifyAudit(t.Context(), id)
		require.NoError(t, err)
	}
	_, _, err = b.Merchant(t.Context(), "m_1")
	require.ErrorIs(t, err, item.ErrUnknown)
	erased, err = b.AskErase(t.Context(), "m_1", "platform", noon)
	require.NoError(t, err)
	require.True(t, erased)
	_, err = b.AskErase(t.Context(), "m_none", "platform", noon)
	require.ErrorIs(t, err, item.ErrUnknown)

	b.enrol(t, "itm_4", "m_1")
	m, _, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	require.Equal(t, "ada@m_1.example", m.Email, "a merchant who comes back is one like any other")
	require.Equal(t, []string{"US"}, m.CountryCodes)
}
