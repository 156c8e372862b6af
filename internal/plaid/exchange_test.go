package plaid_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/linksession"
	"relink/internal/plaid"
)

const exchanged = `{"access_token":"` + theToken + `","item_id":"itm_1","request_id":"r"}`

func TestExchange_returnsTheItemWithItsTokenSealed(t *testing.T) {
	t.Parallel()
	named := `{"item":{"item_id":"itm_1","institution_id":"ins_3","institution_name":"Chase","error":null},"request_id":"r"}`
	institution := responds(http.StatusOK, `{"institution":{"institution_id":"ins_109508","name":"First Platypus Bank"},"request_id":"r"}`)
	down := responds(http.StatusInternalServerError, `{"error_type":"API_ERROR","error_code":"INTERNAL_SERVER_ERROR"}`)
	cases := map[string]struct {
		item, institution http.HandlerFunc
		wantID, wantName  string
		paths             []string
	}{
		"the Item names its institution": {
			responds(http.StatusOK, named), nil, "ins_3", "Chase",
			[]string{"/item/public_token/exchange", "/item/get"},
		},
		"the institution is asked for its name": {
			responds(http.StatusOK, healthy), institution, "ins_109508", "First Platypus Bank",
			[]string{"/item/public_token/exchange", "/item/get", "/institutions/get_by_id"},
		},
		"an unknown name loses no Item": {
			responds(http.StatusOK, healthy), down, "ins_109508", "",
			[]string{"/item/public_token/exchange", "/item/get", "/institutions/get_by_id"},
		},
		"an unknown institution loses no Item": {
			down, nil, "", "",
			[]string{"/item/public_token/exchange", "/item/get"},
		},
		"an Item without institution": {
			responds(http.StatusOK, `{"item":{"item_id":"itm_1","institution_id":null,"error":null},"request_id":"r"}`), nil, "", "",
			[]string{"/item/public_token/exchange", "/item/get"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			routes := map[string]http.HandlerFunc{
				"/item/public_token/exchange": responds(http.StatusOK, exchanged), "/item/get": tc.item,
			}
			if tc.institution != nil {
				routes["/institutions/get_by_id"] = tc.institution
			}
			f := serve(t, routes)
			linked, err := clientOf(t, options(f.URL)).Exchange(t.Context(), "public-sandbox-1")
			require.NoError(t, err)
			require.Equal(t, linksession.Linked{
				ItemID: "itm_1", InstitutionID: tc.wantID, Institution: tc.wantName, Token: sealed(t),
				Described: name != "an unknown institution loses no Item",
			}, linked)
			require.Equal(t, tc.paths, f.paths())
			require.Equal(t, "public-sandbox-1", f.requests()[0].Body["public_token"])
		})
	}
}

func TestExchange_aBanksNameIsAskedForOnce(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"/item/get": responds(http.StatusOK, healthy),
		"/institutions/get_by_id": responds(http.StatusOK, `{"institution":{"institution_id":"ins_109508","name":"First Platypus Bank",
			"status":{"item_logins":{"status":"DOWN"}}},"request_id":"r"}`),
	})
	client := clientOf(t, options(f.URL))
	for range 3 {
		linked, err := client.Adopt(t.Context(), "itm_1", theToken)
		require.NoError(t, err)
		require.Equal(t, "First Platypus Bank", linked.Institution)
	}
	require.Equal(t, []string{"/item/get", "/institutions/get_by_id", "/item/get", "/item/get"}, f.paths())
	down, err := client.LoginsDown(t.Context(), "ins_109508")
	require.NoError(t, err)
	require.True(t, down)
	require.Len(t, f.requests(), 5, "a name that is known says nothing about logins")
}

func TestExchange_oneThatCannotBeKeptFails(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		text   string
	}{
		"used up": {
			refuse("INVALID_INPUT", "INVALID_PUBLIC_TOKEN"), "exchange public token: plaid: INVALID_PUBLIC_TOKEN (status 400, request req1)",
		},
		"no token":     {responds(http.StatusOK, `{"item_id":"itm_1"}`), "exchange public token: plaid: unreadable response (status 200)"},
		"half a token": {responds(http.StatusOK, exchanged[:30]), "exchange public token: plaid: unreadable response (status 200)"},
		"unsealable": {
			responds(http.StatusOK, `{"access_token":"`+theToken+`","item_id":"itm_unsealable"}`),
			"seal access token of item itm_unsealable: the shelf is full",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, map[string]http.HandlerFunc{"/item/public_token/exchange": tc.answer})
			_, err := clientOf(t, options(f.URL)).Exchange(t.Context(), "public-sandbox-1")
			require.EqualError(t, err, tc.text)
		})
	}
}

func TestAdopt_anItemIsAdoptedOnlyUnderItsOwnName(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/item/get": responds(http.StatusOK,
		`{"item":{"item_id":"itm_1","institution_id":"ins_3","institution_name":"Chase",`+
			`"webhook":"https://old.example/hook","error":null},"request_id":"r"}`)})
	client := clientOf(t, options(f.URL))
	linked, err := client.Adopt(t.Context(), "itm_1", theToken)
	require.NoError(t, err)
	require.Equal(t, linksession.Linked{
		ItemID: "itm_1", InstitutionID: "ins_3", Institution: "Chase", Token: sealed(t), Webhook: "https://old.example/hook", Described: true,
	}, linked)
	_, err = client.Adopt(t.Context(), "itm_2", theToken)
	require.ErrorIs(t, err, plaid.ErrOtherItem)
	require.NotContains(t, err.Error(), theToken)
}
