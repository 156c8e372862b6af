package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/signin"
	"relink/internal/vault"
)

// enrolMore enrols an Item of a merchant beside the world's own.
func (w *world) enrolMore(t *testing.T, id item.ID, merchant string) {
	t.Helper()
	_, err := w.store.Enrol(t.Context(), enrolment.Enrolment{
		Item: item.Ref{ID: id, Environment: "sandbox", MerchantID: merchant, BusinessName: merchant, Institution: "Bank"}, At: noon,
		Token: vault.Sealed{Ciphertext: []byte("sealed")},
		Merchant: enrolment.Merchant{
			ID: merchant, BusinessName: merchant, ContactName: "Grace", Email: "grace@" + merchant + ".example",
			TimeZone: "UTC", Locale: "en-US",
		},
		Consent: &enrolment.Consent{Who: "Grace Hopper", At: noon},
	})
	require.NoError(t, err)
}

// listItems returns the ids of a page and the cursor of the next one.
func (w *world) listItems(t *testing.T, query string) (ids []string, next string, page map[string]any) {
	t.Helper()
	status, page := w.asRole(t, signin.Underwriter, http.MethodGet, "/v1/items"+query)
	require.Equal(t, http.StatusOK, status, "%v", page)
	for _, i := range page["items"].([]any) {
		ids = append(ids, i.(map[string]any)["item_id"].(string))
	}
	next, _ = page["next_after"].(string)
	return ids, next, page
}

func TestItemList_leadsThroughAllItemsPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []item.ID{"a", "b", "z"} {
		w.enrolMore(t, id, "other")
	}
	var all []string
	after := ""
	for range 2 {
		ids, next, _ := w.listItems(t, "?limit=2&after="+after)
		all = append(all, ids...)
		after = next
	}
	require.Equal(t, []string{"a", "b", theItem, "z"}, all)
	require.Empty(t, after, "there is no further page")
	ids, next, _ := w.listItems(t, "?limit=4")
	require.Len(t, ids, 4)
	require.Empty(t, next, "a full last page leads nowhere")
}

func TestItemList_keepsToItsFiltersAndHoldsNoConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enrolMore(t, "a", "other")
	w.breakIt(t, item.Credentials)
	ids, _, page := w.listItems(t, "?merchant_id=other")
	require.Equal(t, []string{"a"}, ids)
	require.Equal(t, map[string]any{
		"item_id": "a", "environment": "sandbox", "merchant_id": "other", "business_name": "other", "institution_id": "", "institution": "Bank",
		"state": "connected", "incident": 0.0,
	}, page["items"].([]any)[0], "no person, no consent, no token")
	ids, _, _ = w.listItems(t, "?state=login_required")
	require.Equal(t, []string{theItem}, ids)
	ids, _, page = w.listItems(t, "?state=login_required&merchant_id=other")
	require.Empty(t, ids)
	require.Equal(t, []any{}, page["items"])
}

func TestItemList_namesEverythingThatIsWrongWithItsQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status, problem := w.asRole(t, signin.Ops, http.MethodGet, "/v1/items?state=broken&limit=1001&offset=5&after=%00")
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, []any{
		map[string]any{"parameter": "query", "detail": "has a parameter that is not known here; there are state, merchant_id, after, limit"},
		map[string]any{"parameter": "after", "detail": "is not text"},
		map[string]any{"parameter": "limit", "detail": "is not a whole number from 1 to 1000"},
		map[string]any{"parameter": "state", "detail": "is not one of connected, expiring, login_required, revoked, removed"},
	}, problem["errors"])
}
