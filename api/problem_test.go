package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/signin"
)

// asRole calls without a body, with the token of a role, and returns the status and the decoded body.
func (w *world) asRole(t *testing.T, role signin.Role, method, path string) (int, map[string]any) {
	t.Helper()
	req := w.request(t, method, path, "")
	req.Header.Set("Authorization", "Bearer "+issued(t, w.issuer, role))
	res, body := w.do(t, browser(), req)
	response := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(body), &response), body)
	return res.StatusCode, response
}

func TestProblem_namesEverythingThatIsWrongWithARequestByItsPlace(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	const secret = "access-sandbox-7f3b"
	status, problem, header := e.call(t, http.MethodPost, "/v1/items", "", `{
		"item_id": 17, "access_token": "`+secret+`", "`+secret+`": true, "link_token": "l",
		"merchant": {"id": "", "business_name": "B", "email": "Ada <ada@b.example>",
			"time_zone": "Mars/Base", "locale": null, "hosted_link": "`+secret+`", "ein": "`+secret+`"},
		"consent": {"products": ["auth", "gold"], "copy_version": ["`+secret+`"]}
	}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "urn:relink:problem:invalid_request", problem["type"])
	require.Equal(t, "The request is not valid", problem["title"])
	require.Equal(t, header.Get("X-Request-Id"), problem["request_id"])
	found := map[string]string{}
	for _, e := range problem["errors"].([]any) {
		e := e.(map[string]any)
		found[e["pointer"].(string)] = e["detail"].(string)
	}
	require.Equal(t, map[string]string{
		"": "has a field that is not known here; there are " +
			"access_token, consent, item_id, link_token, merchant, merchant_id, public_token",
		"/item_id": "is not a string",
		"/merchant": "has a field that is not known here; there are " +
			"business_name, contact_name, country_codes, email, hosted_link, id, locale, partner, time_zone",
		"/merchant/id":          "is missing",
		"/merchant/email":       "is not a bare mail address",
		"/merchant/time_zone":   "is not an IANA time zone",
		"/merchant/hosted_link": "is not true or false or null",
		"/consent/at":           "is missing",
		"/consent/products/1":   "is no product of Plaid's",
		"/consent/copy_version": "is not a string",
	}, found)
	whole, err := json.Marshal(problem)
	require.NoError(t, err)
	for _, sent := range []string{secret, "Mars", "Ada", "gold", "ein\""} {
		require.NotContains(t, string(whole), sent, "nothing of what was sent is repeated")
	}
}

func TestProblem_namesBodiesThatAreNoObject(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	for body, detail := range map[string]string{
		``:             "the body is missing: a JSON object is wanted",
		`[1]`:          "the body is not a JSON object",
		`null`:         "the body is not a JSON object",
		`{"email":"a`:  "the body is not JSON from byte 11 on",
		`{} {"a":1}`:   "the body is not JSON from byte 4 on",
		`{"email":1}x`: "the body is not JSON from byte 12 on",
	} {
		status, problem, _ := e.call(t, http.MethodPatch, "/v1/merchants/blue", "", body)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.Equal(t, detail, problem["detail"], body)
	}
}

func TestProblem_isTheResponseOfUnknownRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tc := range []struct {
		method, path string
		status       int
		kind, allow  string
	}{
		{"GET", "/v1/more", 404, "no_such_route", ""},
		{"GET", "/v1", 404, "no_such_route", ""},
		{"POST", "/webhooks/other/sandbox", 404, "no_such_route", ""},
		{"PUT", "/v1/items", 405, "method_not_allowed", "GET, HEAD, POST"},
		{"POST", "/v1/items/i", 405, "method_not_allowed", "DELETE, GET, HEAD"},
		{"GET", "/webhooks/plaid/sandbox", 405, "method_not_allowed", "POST"},
		{"POST", "/openapi.json", 405, "method_not_allowed", "GET, HEAD"},
	} {
		res, body := w.do(t, browser(), w.request(t, tc.method, tc.path, ""))
		require.Equal(t, tc.status, res.StatusCode, tc.path)
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), tc.path)
		require.Equal(t, tc.allow, res.Header.Get("Allow"), tc.path)
		var problem map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &problem))
		require.Equal(t, "urn:relink:problem:"+tc.kind, problem["type"], tc.path)
		require.Equal(t, res.Header.Get("X-Request-Id"), problem["request_id"])
	}
	res, body := w.do(t, browser(), w.request(t, "GET", "/nowhere", ""))
	require.Equal(t, http.StatusNotFound, res.StatusCode)
	require.NotContains(t, body, "urn:relink", "people get no problem")
}

func TestProblem_isTheResponseToARefusedWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, kind := range map[string]string{
		"/webhooks/plaid/sandbox":    "signature_refused",
		"/webhooks/plaid/production": "wrong_environment",
	} {
		res, body := w.do(t, browser(), w.request(t, http.MethodPost, path, aWebhook))
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
		var problem map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &problem))
		require.Equal(t, "urn:relink:problem:"+kind, problem["type"])
		require.NotEmpty(t, problem["request_id"])
	}
}
