package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/signin"
)

func TestMerchant_isChangedFieldByField(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	status, m, _ := e.call(t, http.MethodPatch, "/v1/merchants/blue", "",
		`{"email":"grace@bluebottle.example","country_codes":["CA"],"hosted_link":true}`)
	require.Equal(t, http.StatusOK, status, "%v", m)
	require.Equal(t, map[string]any{
		"id": "blue", "business_name": "Blue Bottle", "contact_name": "Ada Lovelace", "email": "grace@bluebottle.example",
		"time_zone": "America/New_York", "locale": "en-US", "partner": "", "country_codes": []any{"CA"}, "hosted_link": true,
	}, m)
	require.Equal(t, 1, e.rows(t, `SELECT count(*) FROM audit
		WHERE data::text = '{"by":"platform","fields":["email","country_codes","hosted_link"]}'`))
	status, m, _ = e.call(t, http.MethodPatch, "/v1/merchants/blue", "", `{"hosted_link":null}`)
	require.Equal(t, http.StatusOK, status)
	require.Nil(t, m["hosted_link"])
	for body, detail := range map[string]string{
		`{}`:                        "the body has no field to change",
		`{"email":"Ada <a@b.c>"}`:   "email is not a bare mail address",
		`{"time_zone":"Mars"}`:      "time_zone is not an IANA time zone",
		`{"locale":"english!"}`:     "locale is not a BCP 47 tag",
		`{"business_name":""}`:      "business_name is missing",
		`{"country_codes":["XX"]}`:  "country_codes names a country that Plaid has no banks of; they are like US",
		`{"country_codes":[]}`:      "country_codes is empty",
		`{"hosted_link":"perhaps"}`: "hosted_link is not true or false or null",
	} {
		status, problem, _ := e.call(t, http.MethodPatch, "/v1/merchants/blue", "", body)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.Equal(t, detail, problem["detail"])
	}
	status, _, _ = e.call(t, http.MethodPatch, "/v1/merchants/none", "", `{"locale":"fr"}`)
	require.Equal(t, http.StatusNotFound, status)
}

func TestMerchant_isErasedOnceItsItemsAreRemoved(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	status, _, _ := e.call(t, http.MethodDelete, "/v1/items/"+theItem, "", "")
	require.Equal(t, http.StatusAccepted, status)
	for range 2 {
		status, response, _ := e.call(t, http.MethodDelete, "/v1/merchants/blue", "", "")
		require.Equal(t, http.StatusAccepted, status)
		require.Equal(t, "erasing", response["state"])
	}
	require.Equal(t, 2, e.rows(t, `SELECT count(*) FROM inbox WHERE code = 'remove_asked' AND state = 'pending'`),
		"one order for the Item's removal and one for the erasure: asking again orders nothing")
	status, _, _ = e.call(t, http.MethodPatch, "/v1/merchants/blue", "", `{"locale":"fr"}`)
	require.Equal(t, http.StatusConflict, status)
	require.NoError(t, e.Sweep(t.Context()))
	require.Equal(t, 1, e.rows(t, `SELECT count(*) FROM merchants WHERE email = 'ada@bluebottle.example'`))

	require.NoError(t, e.store.Record(t.Context(), theItem, []item.Transition{
		{Incident: 2, Step: item.Closed, From: item.Connected, To: item.Removed, Cause: item.Gone, At: time.Now()},
	}))
	require.NoError(t, e.Sweep(t.Context()))
	require.Zero(t, e.rows(t, `SELECT count(*) FROM merchants WHERE email <> ''`))
	status, _, _ = e.call(t, http.MethodDelete, "/v1/merchants/blue", "", "")
	require.Equal(t, http.StatusNoContent, status)
	status, _, _ = e.call(t, http.MethodDelete, "/v1/items/"+theItem, "", "")
	require.Equal(t, http.StatusNoContent, status)
	status, _, _ = e.call(t, http.MethodPost, "/v1/items/"+theItem+"/access-token", "", "")
	require.Equal(t, http.StatusConflict, status)
}

func TestMerchant_isShownAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status, m := w.asRole(t, signin.Platform, http.MethodGet, "/v1/merchants/blue")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{
		"id": "blue", "business_name": "Blue Bottle", "contact_name": "Ada Lovelace", "email": "ada@bluebottle.example",
		"time_zone": "America/New_York", "locale": "en-US", "partner": "", "country_codes": []any{"US"}, "hosted_link": nil,
	}, m)
	status, problem := w.asRole(t, signin.Platform, http.MethodGet, "/v1/merchants/"+strings.Repeat("x", 100))
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, "no such merchant", problem["detail"])
}
