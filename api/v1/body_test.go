package v1

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/web"
)

// readBody reads a body as the handler of a route does. It returns the decoded body and the mistakes, by pointer.
func readBody[T any](t *testing.T, pattern, path, body string) (v T, wrong map[string]string, err error) {
	t.Helper()
	contract, err := Contract()
	require.NoError(t, err)
	b, err := compileBodies(contract)
	require.NoError(t, err)
	mux := http.NewServeMux()
	wrong = map[string]string{}
	mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
		var findings *web.Findings
		if findings, err = b.read(r, &v); err != nil || !findings.Any() {
			return
		}
		for _, f := range web.Describe(findings.Err()).Fields {
			wrong[*f.Pointer] = f.Detail
		}
	})
	method, _, _ := strings.Cut(pattern, " ")
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return v, wrong, err
}

func TestRead_decodesWhatIsValidBesideWhatIsNot(t *testing.T) {
	t.Parallel()
	in, wrong, err := readBody[merchantChange](t, "PATCH /v1/merchants/{id}", "/v1/merchants/m",
		`{"email":"a@b.c","locale":7,"country_codes":["US",1],"partner":null,"hosted_link":null}`)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"/locale": "is not a string", "/country_codes/1": "is not a string"}, wrong)
	require.Equal(t, "a@b.c", *in.Email)
	require.Nil(t, in.Locale)
	require.Nil(t, in.CountryCodes, "a list of which one element is wrong is not used")
	require.Nil(t, in.Partner, "null counts as not sent")
	require.Equal(t, "null", string(in.HostedLink), "but where it is a value of its own")
}

func TestRead_countsNullAsNotSent(t *testing.T) {
	t.Parallel()
	in, wrong, err := readBody[enrolBody](t, "POST /v1/items", "/v1/items",
		`{"public_token":"p","item_id":null,"access_token":null,"consent":null,"merchant":null,"merchant_id":"m"}`)
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Equal(t, enrolBody{PublicToken: "p", merchantGiven: merchantGiven{MerchantID: "m"}}, in)
}

func TestRead_findsValuesThatASchemaRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ pattern, path, body, at, detail string }{
		"a time": {
			"POST /v1/items", "/v1/items", `{"consent":{"at":"yesterday"}}`, "/consent/at",
			"is not a time such as 2026-11-22T12:00:00Z",
		},
		"a word": {
			"POST /v1/mail-bounces", "/v1/mail-bounces", `{"message_id":"m","kind":"x"}`, "/kind",
			"is not one of bounce, complaint",
		},
		"a form": {
			"POST /v1/link-tokens", "/v1/link-tokens", `{"merchant_id":"m","language":"english"}`,
			"/language", "has the wrong form",
		},
		"a number": {"POST /v1/dead-letters/replay", "/v1/dead-letters/replay", `{"expect_count":-1}`, "/expect_count", "is below 0"},
		"a whole": {
			"POST /v1/dead-letters/replay", "/v1/dead-letters/replay", `{"expect_count":1.5}`,
			"/expect_count", "is not a whole number",
		},
		"an object":     {"POST /v1/dead-letters/replay", "/v1/dead-letters/replay", `{"filter":[]}`, "/filter", "is not a JSON object"},
		"an empty list": {"PATCH /v1/merchants/{id}", "/v1/merchants/m", `{"country_codes":[]}`, "/country_codes", "is empty"},
		"a list":        {"PATCH /v1/merchants/{id}", "/v1/merchants/m", `{"country_codes":"US"}`, "/country_codes", "is not a list"},
		"a length": {
			"POST /v1/items/{id}/access-token", "/v1/items/i/access-token", `{"reason":"` + strings.Repeat("x", 201) + `"}`,
			"/reason", "is longer than 200 characters",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, wrong, err := readBody[map[string]any](t, tc.pattern, tc.path, tc.body)
			require.NoError(t, err)
			require.Equal(t, map[string]string{tc.at: tc.detail}, wrong)
		})
	}
}

func TestRead_takesAnEmptyBodyWhereNoneIsNeeded(t *testing.T) {
	t.Parallel()
	_, wrong, err := readBody[map[string]any](t, "POST /v1/items/{id}/access-token", "/v1/items/i/access-token", "")
	require.NoError(t, err)
	require.Empty(t, wrong)
	_, wrong, err = readBody[map[string]any](t, "POST /v1/dead-letters/{id}/discard", "/v1/dead-letters/1/discard", "")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"/why": "is missing"}, wrong)
	_, wrong, err = readBody[map[string]any](t, "POST /v1/dead-letters/replay", "/v1/dead-letters/replay", "")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"": "is missing: a JSON object is wanted"}, wrong)
}

func TestRead_refusesARouteThatTheContractDoesNotKnow(t *testing.T) {
	t.Parallel()
	_, _, err := readBody[map[string]any](t, "POST /v1/more", "/v1/more", `{}`)
	require.ErrorContains(t, err, "the contract has no body for it")
}
