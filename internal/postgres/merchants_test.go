package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
)

func yes() *bool { b := true; return &b }

func TestEnrol_keepsWhatTheMerchantLeavesOutAboutLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.enrolment(t, "itm_1", "m_1")
	_, err := b.Enrol(t.Context(), e)
	require.NoError(t, err)
	m, _, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	require.Equal(t, []string{"US"}, m.CountryCodes)
	require.Nil(t, m.HostedLink)

	said := e
	said.Merchant.CountryCodes, said.Merchant.HostedLink = []string{"CA", "US"}, yes()
	for _, again := range []enrolment.Enrolment{said, e} {
		_, err := b.Enrol(t.Context(), again)
		require.NoError(t, err)
		m, _, err := b.Merchant(t.Context(), "m_1")
		require.NoError(t, err)
		require.Equal(t, said.Merchant, m)
	}
}

func TestChangeMerchant_isAuditedWithoutValuesAndWaitingItemsPlanAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []item.ID{"itm_1", "itm_2", "itm_3"} {
		b.enrol(t, id, "m_1")
	}
	require.NoError(t, b.Record(t.Context(), "itm_2", []item.Transition{opened(1, noon)}))
	b.exec(t, `UPDATE items SET state = 'removed' WHERE item_id = 'itm_3'`)

	m, err := b.ChangeMerchant(t.Context(), "m_1", "platform", noon, func(m *enrolment.Merchant) ([]string, error) {
		m.Email, m.TimeZone = "grace@m-1.example", "Europe/Paris"
		return []string{"email", "time_zone"}, nil
	})
	require.NoError(t, err)
	require.Equal(t, "grace@m-1.example", m.Email)
	stored, _, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	require.Equal(t, m, stored)
	require.Equal(t, 2, b.count(t,
		`SELECT count(*) FROM audit WHERE kind = 'merchant_changed' AND data::text = '{"by":"platform","fields":["email","time_zone"]}'`))
	batches, err := b.Claim(t.Context(), 10, time.Minute, 0)
	require.NoError(t, err)
	require.Len(t, batches, 1, "the Item that works has nothing planned")
	require.Equal(t, item.ID("itm_2"), batches[0].ItemID)
	require.Equal(t, []item.Hint{{Source: item.FromOperator, Code: item.MerchantChanged, InboxIDs: batches[0].RowIDs}}, batches[0].Hints)

	_, err = b.ChangeMerchant(t.Context(), "m_none", "platform", noon, nil)
	require.ErrorIs(t, err, item.ErrUnknown)
}

func TestMerchant_returnsBrokenItemsFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, id := range []item.ID{"itm_1", "itm_2", "itm_3"} {
		b.enrol(t, id, "m_1")
	}
	require.NoError(t, b.Record(t.Context(), "itm_3", []item.Transition{opened(1, noon)}))
	require.NoError(t, b.Record(t.Context(), "itm_2", []item.Transition{opened(1, noon.Add(time.Hour))}))
	_, connections, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	var order []item.ID
	for _, c := range connections {
		order = append(order, c.ID)
	}
	require.Equal(t, []item.ID{"itm_3", "itm_2", "itm_1"}, order)
}
