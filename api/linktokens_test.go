package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLinkTokens_areMintedOnceForAKeyAndSendTheirWebhooksHere(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	body := `{` + acme + `,"products":["auth"],"required_accounts":["payroll"],"language":"en"}`
	status, first, _ := e.call(t, http.MethodPost, "/v1/link-tokens", "key-1", body)
	require.Equal(t, http.StatusOK, status, "%v", first)
	status, again, _ := e.call(t, http.MethodPost, "/v1/link-tokens", "key-1", body)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, first, again)
	status, other, _ := e.call(t, http.MethodPost, "/v1/link-tokens", "key-2", `{"merchant_id":"acme"}`)
	require.Equal(t, http.StatusOK, status, "%v", other)
	require.NotEqual(t, first["link_token"], other["link_token"])
	status, _, _ = e.call(t, http.MethodPost, "/v1/link-tokens", "", `{"merchant_id":"nobody"}`)
	require.Equal(t, http.StatusNotFound, status)

	linked := e.atPlaid(t, "/control/link", `{"link_token":"`+first["link_token"].(string)+`","username":"user_good","password":"pass_good"}`)
	require.NotEmpty(t, linked["public_token"], "%v", linked)
	status, enrolled, _ := e.call(t, http.MethodPost, "/v1/items", "",
		`{"public_token":"`+linked["public_token"]+`","merchant_id":"acme","link_token":"`+
			first["link_token"].(string)+`","consent":{"who":"Grace Hopper","at":"2026-11-22T12:00:00Z"}}`)
	require.Equal(t, http.StatusCreated, status, "%v", enrolled)
	require.Nil(t, enrolled["webhook_url_differs"])
	require.Equal(t, []any{"auth"}, enrolled["consent"].(map[string]any)["products"])
	require.Equal(t, []any{"payroll"}, enrolled["consent"].(map[string]any)["required_accounts"])
	require.Zero(t, e.rows(t, `SELECT count(*) FROM idempotency i WHERE i::text LIKE '%link-sandbox%'`))
	require.Zero(t, e.rows(t, `SELECT count(*) FROM first_links i WHERE i::text LIKE '%link-sandbox%'`))
}
