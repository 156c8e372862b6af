package postgres_test

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mailing"
)

func TestEnrol_storesAllThatIsKnown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.enrolment(t, "itm_1", "m_1")
	created, err := b.Enrol(t.Context(), e)
	require.NoError(t, err)
	require.True(t, created)

	ref, life, err := b.Load(t.Context(), "itm_1")
	require.NoError(t, err)
	require.Equal(t, e.Item, ref)
	require.Equal(t, item.Life{State: item.Connected}, life)

	merchant, connections, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	e.Merchant.CountryCodes = []string{"US"}
	require.Equal(t, e.Merchant, merchant)
	require.Equal(t,
		[]mailing.Connection{{ID: "itm_1", Institution: "First Platypus Bank", InstitutionID: "ins_109508", State: item.Connected}}, connections)

	sealed, err := b.Token(t.Context(), "itm_1")
	require.NoError(t, err)
	require.Equal(t, e.Token, sealed)
	token, err := b.vault.Open(sealed)
	require.NoError(t, err)
	require.Equal(t, theToken, token)

	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM audit WHERE item_id = 'itm_1' AND kind = 'enrolled' AND seq = 1`))
	batches, err := b.Claim(t.Context(), 10, time.Minute, 0)
	require.NoError(t, err)
	require.Len(t, batches, 1)
	require.Equal(t, item.ID("itm_1"), batches[0].ItemID)
	require.Equal(t, []item.Hint{{Source: item.FromEnrolment, Code: item.Enrolled, InboxIDs: batches[0].RowIDs}}, batches[0].Hints)
}

func TestEnrol_storesThePlainTokenNowhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	dump := b.dump(t)
	require.Contains(t, dump, "First Platypus Bank", "the dump sees the rows")
	require.NotContains(t, dump, theToken)
	require.NotContains(t, dump, hex.EncodeToString([]byte(theToken)))
	require.NotContains(t, dump, base64.StdEncoding.EncodeToString([]byte(theToken))[:32])
}

func TestEnrol_auditNamesNoPersonAndNoAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	require.Zero(t, b.count(t, `SELECT count(*) FROM audit WHERE data::text ~ 'Ada|ada@'`))
}

func TestEnrol_againChangesOnlyTheMerchantsDetailsAndTheToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon)}))

	again := b.enrolment(t, "itm_1", "m_1")
	again.Merchant.Email, again.Item.Institution = "new@m-1.example", "Another Bank"
	created, err := b.Enrol(t.Context(), again)
	require.NoError(t, err)
	require.False(t, created)

	merchant, connections, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	require.Equal(t, "new@m-1.example", merchant.Email)
	require.Equal(t, []mailing.Connection{{
		ID: "itm_1", Institution: "First Platypus Bank", InstitutionID: "ins_109508", State: item.LoginRequired,
		Cause: item.Credentials, BrokenSince: noon,
	}}, connections)
	sealed, err := b.Token(t.Context(), "itm_1")
	require.NoError(t, err)
	require.Equal(t, again.Token, sealed, "a rotated token replaces the old one")
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM audit WHERE kind = 'enrolled'`))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox`))
}

func TestEnrol_sameAtOnceCreatesOneItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.enrolment(t, "itm_1", "m_1")
	created := make([]bool, 8)
	requireNoErrors(t, atOnce(8, func(i int) (err error) {
		created[i], err = b.Enrol(t.Context(), e)
		return err
	}))
	n := 0
	for _, c := range created {
		if c {
			n++
		}
	}
	require.Equal(t, 1, n)
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM audit`))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox`))
}

func TestEnrol_takesOverNoItemOfAnotherMerchant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.enrol(t, "itm_2", "m_2")
	before := b.dump(t)

	for _, thief := range []string{"m_new", "m_2"} {
		e := b.enrolment(t, "itm_1", thief)
		e.Merchant.Email = "thief@example.com"
		created, err := b.Enrol(t.Context(), e)
		require.ErrorIs(t, err, item.ErrTaken)
		require.False(t, created)
	}
	require.Equal(t, before, b.dump(t), "nothing changed: no merchant, no token, no address, no hint")
}

func TestEnrol_hintCarriesItsTrace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.enrolment(t, "itm_1", "m_1")
	e.Trace = firstTrace
	_, err := b.Enrol(t.Context(), e)
	require.NoError(t, err)
	require.Equal(t, []string{firstTrace}, b.claim(t)[0].Traces)
}

func TestEnrol_failedReleasesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.receive(t, webhook("itm_1", "ITEM/ERROR", "1"))
	require.Zero(t, b.sweep(t))
	b.exec(t, `ALTER TABLE inbox ADD CHECK (source <> 'enrolment')`)
	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_1", "m_1"))
	require.ErrorContains(t, err, "insert into inbox")
	require.Equal(t, "waiting", b.state(t, ids[0]))
	_, _, err = b.Load(t.Context(), "itm_1")
	require.ErrorIs(t, err, item.ErrUnknown)
}
