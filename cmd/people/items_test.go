package people

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/postgres"
	"relink/internal/vault"
)

// enrolBlueBottle enrols the Item itm_1 of Blue Bottle at Tartan Bank.
func enrolBlueBottle(t *testing.T, store *postgres.Store) {
	t.Helper()
	_, err := store.Enrol(t.Context(), enrolment.Enrolment{
		Item:     item.Ref{ID: "itm_1", Environment: "sandbox", InstitutionID: "ins_3", Institution: "Tartan Bank"},
		Merchant: enrolment.Merchant{ID: "m_1", BusinessName: "Blue Bottle", Email: "a@example.com", TimeZone: "UTC", Locale: "en-US"},
		Token:    vault.Sealed{Ciphertext: []byte("sealed")}, At: noon,
	})
	require.NoError(t, err)
}

func TestItemsList_isATableOrJSONLines(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	enrolBlueBottle(t, store)
	d := &shell{records: store}
	require.NoError(t, d.types(t, "items list"))
	lines := strings.Split(d.out.String(), "\n")
	require.Len(t, lines, 3)
	require.Equal(t, strings.Fields("BUSINESS BANK STATE CAUSE SINCE ENDS INCIDENT ITEM"), strings.Fields(lines[0]))
	require.Equal(t, strings.Fields("Blue Bottle Tartan Bank connected 0 itm_1"), strings.Fields(lines[1]))

	require.NoError(t, d.types(t, "items list --json --state connected"))
	var fields map[string]any
	require.NoError(t, json.Unmarshal(d.out.Bytes(), &fields))
	require.Equal(t, "itm_1", fields["item_id"])
	require.Equal(t, "connected", fields["state"])
	require.NotContains(t, fields, "broken_since")
	require.NoError(t, d.types(t, "items list --json --state revoked"))
	require.Empty(t, d.out.String())
}

func TestItemsList_namesWrongUsage(t *testing.T) {
	t.Parallel()
	refuses(t, map[string]string{
		"items list --state expired":                `"expired"`,
		"items list --needs-person --state revoked": "do not go together",
		"items list itm_1":                          `"itm_1"`,
	})
}
