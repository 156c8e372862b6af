package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/linksession"
	"relink/internal/vault"
)

func TestEnrol_storesAConsentOnceAndAuditsItWithoutWho(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.KeepFirstLink(t.Context(), linksession.FirstLink{
		MerchantID: "m_1", Hash: []byte("hash"), Sealed: vault.Sealed{Ciphertext: []byte("x")},
		Products: []string{"transactions"}, RequiredAccounts: []string{"payroll"}, MintedAt: noon, ExpiresAt: noon.Add(4 * time.Hour),
	}, &enrolment.Merchant{ID: "m_1", BusinessName: "Blue Bottle", Email: "ada@m_1.example", TimeZone: "UTC", Locale: "en"}))
	e := b.enrolment(t, "itm_1", "m_1")
	e.Consent = &enrolment.Consent{Who: "Grace Hopper", At: noon, CopyVersion: "2026-11"}
	e.FirstLink = []byte("hash")
	for range 2 {
		_, err := b.Enrol(t.Context(), e)
		require.NoError(t, err)
	}
	got, err := b.Consent(t.Context(), "itm_1")
	require.NoError(t, err)
	require.Equal(t, &enrolment.Consent{
		Who: "Grace Hopper", At: noon, CopyVersion: "2026-11", Products: []string{"transactions"}, RequiredAccounts: []string{"payroll"},
	}, got)
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM consents`))
	require.Equal(t, 1,
		b.count(t, `SELECT count(*) FROM audit WHERE kind = 'consent' AND data::text LIKE '%2026-11%' AND data::text LIKE '%payroll%'`))
	require.Zero(t, b.count(t, `SELECT count(*) FROM audit WHERE data::text ~ 'Grace'`))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM items WHERE required_accounts = '{payroll}'`))
}
