package localplaid_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPI_refusesWhatPlaidRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	keys := `"client_id":"client","secret":"secret"`
	link := keys + `,"client_name":"Acme","language":"en","country_codes":["US"],"user":{"client_user_id":"u"}`
	for name, test := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"not JSON":          {"/item/get", `{`, 400, "INVALID_BODY"},
		"no keys":           {"/item/get", `{"access_token":"x"}`, 400, "MISSING_FIELDS"},
		"wrong secret":      {"/item/get", `{"client_id":"client","secret":"no","access_token":"x"}`, 400, "INVALID_API_KEYS"},
		"no token":          {"/item/get", `{` + keys + `}`, 400, "MISSING_FIELDS"},
		"misspelled field":  {"/item/get", `{` + keys + `,"acess_token":"x"}`, 400, "UNKNOWN_FIELDS"},
		"wrong type":        {"/item/get", `{` + keys + `,"access_token":7}`, 400, "INVALID_FIELD"},
		"token malformed":   {"/item/get", `{` + keys + `,"access_token":"x"}`, 400, "INVALID_ACCESS_TOKEN"},
		"other environment": {"/item/get", `{` + keys + `,"access_token":"access-production-x"}`, 400, "INVALID_ACCESS_TOKEN"},
		"keys in the body":  {"/item/get", `{` + keys + `,"access_token":"` + accessToken + `"}`, 200, ""},
		"no such path":      {"/item/made_up", `{}`, 404, "NOT_FOUND"},
		"products in update": {
			"/link/token/create", `{` + link + `,"access_token":"` + accessToken + `","products":["auth"]}`, 400, "INVALID_FIELD",
		},
		"balance as a product": {"/link/token/create", `{` + link + `,"products":["balance"]}`, 400, "INVALID_PRODUCT"},
		"plain HTTP redirect": {
			"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"http://example.com/back"}`, 400, "INVALID_FIELD",
		},
		"redirect with a query": {
			"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"https://example.com/back?a=1"}`, 400, "INVALID_FIELD",
		},
		"country": {
			"/link/token/create", strings.Replace(`{`+link+`,"products":["auth"]}`, `"US"`, `"XX"`, 1), 400, "INVALID_FIELD",
		},
		"redirect with a hash": {
			"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"https://example.com/back#"}`, 400, "INVALID_FIELD",
		},
		"redirect by wildcard": {
			"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"https://*.example.com/back"}`, 400, "INVALID_FIELD",
		},
		"redirect to an app": {"/link/token/create", `{` + link + `,"products":["auth"],"redirect_uri":"acme://back"}`, 400, "INVALID_FIELD"},
		"hosted for no time": {
			"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"url_lifetime_seconds":0}}`, 400, "INVALID_FIELD",
		},
		"hosted for too long": {
			"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"url_lifetime_seconds":1814401}}`, 400, "INVALID_FIELD",
		},
		"hosted by pigeon": {
			"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"delivery_method":"pigeon"}}`, 400, "INVALID_FIELD",
		},
		"completion by script": {
			"/link/token/create", `{` + link + `,"products":["auth"],"hosted_link":{"completion_redirect_uri":"javascript:alert(1)"}}`, 400,
			"INVALID_FIELD",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+test.path, strings.NewReader(test.body))
			require.NoError(t, err)
			status, failure := answerOf(t, req)
			require.Equal(t, test.status, status)
			require.Equal(t, test.code, failure.ErrorCode)
			require.NotEmpty(t, failure.RequestID)
		})
	}
}

type failureBody struct {
	ErrorCode string `json:"error_code"`
	RequestID string `json:"request_id"`
}

func answerOf(t *testing.T, req *http.Request) (int, failureBody) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var body failureBody
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
	return resp.StatusCode, body
}
