package contract

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// witness is a testing.TB that keeps complaints instead of failing.
type witness struct {
	testing.TB
	problems []string
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

type answer struct {
	status int
	body   string
}

func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(a.body)),
	}, nil
}

func TestTransport_reportsWhatTheOpenAPIFileDoesNotAllow(t *testing.T) {
	t.Parallel()
	const goodRequest, goodAnswer = `{"access_token":"access-sandbox-x"}`, `{"request_id":"r1"}`
	for name, test := range map[string]struct {
		path, request string
		answer        answer
		want          string // empty: nothing is wrong
	}{
		"all is well": {"/item/remove", goodRequest, answer{200, goodAnswer}, ""},
		"an error is well": {
			"/item/remove", goodRequest,
			answer{400, `{"error_type":"ITEM_ERROR","error_code":"X","error_message":"m","display_message":null,"request_id":"r1"}`},
			"",
		},
		"unknown path":          {"/item/made_up", goodRequest, answer{200, goodAnswer}, "/item/made_up: "},
		"request lacks a field": {"/item/remove", `{}`, answer{200, goodAnswer}, `"access_token" is missing`},
		"request has a misspelled field": {
			"/item/remove", `{"access_token":"a","acess_token":"b"}`, answer{200, goodAnswer}, "/acess_token: not in the schema",
		},
		"request has a wrong type": {"/item/remove", `{"access_token":1}`, answer{200, goodAnswer}, "must be a string"},
		"answer lacks a field":     {"/sandbox/item/reset_login", goodRequest, answer{200, goodAnswer}, `"reset_login" is missing`},
		"answer has a misspelled field": {
			"/item/remove", goodRequest, answer{200, `{"request_id":"r1","removed":true}`}, "/removed: not in the schema",
		},
		"answer has a bad time": {
			"/link/token/create", `{"client_name":"a","language":"en","country_codes":["US"],"user":{"client_user_id":"u"}}`,
			answer{200, `{"request_id":"r","link_token":"l","expiration":"tomorrow"}`},
			"/expiration",
		},
		"answer is not JSON": {"/item/remove", goodRequest, answer{502, `<html>`}, "request_id"},
		"error lacks request_id": {
			"/item/remove", goodRequest,
			answer{400, `{"error_type":"ITEM_ERROR","error_code":"X","error_message":"m","display_message":null}`},
			"request_id",
		},
		"error of a type Plaid lacks": {
			"/item/public_token/exchange", `{"public_token":"p"}`,
			answer{400, `{"error_type":"ODD","error_code":"X","error_message":"m","display_message":null,"request_id":"r1"}`},
			"/error_type",
		},
		"status the file does not have": {
			"/item/public_token/exchange", `{"public_token":"p"}`, answer{201, goodAnswer}, "status is not supported",
		},
		"error on a path that lists none": {
			"/link/token/get", `{"link_token":"l"}`, answer{400, `{"error_code":"X","request_id":"r1"}`}, `"error_type" is missing`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &witness{TB: t}
			tr := NewTransport(w, test.answer)
			req, err := http.NewRequestWithContext(
				t.Context(),
				http.MethodPost,
				"http://anywhere.example"+test.path,
				strings.NewReader(test.request),
			)
			require.NoError(t, err)
			req.Header.Set("Content-Type", "application/json")
			resp, err := tr.RoundTrip(req)
			require.NoError(t, err)
			passed, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, test.answer.body, string(passed), "the answer must pass through unchanged")
			if test.want == "" {
				require.Empty(t, w.problems)
				require.Equal(t, []string{test.path}, tr.Covered())
				return
			}
			require.NotEmpty(t, w.problems)
			require.Contains(t, strings.Join(w.problems, "\n"), test.want)
		})
	}
}

func TestWebhook_isHeldAgainstItsSchema(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"today's PENDING_DISCONNECT": {
			`{"webhook_type":"ITEM","webhook_code":"PENDING_DISCONNECT","item_id":"i","reason":"INSTITUTION_TOKEN_EXPIRATION",` +
				`"disconnect_time":"2026-12-01T09:00:00Z","user_id":"usr_1","environment":"sandbox"}`,
			"",
		},
		"no disconnect_time": {
			`{"webhook_type":"ITEM","webhook_code":"PENDING_DISCONNECT","item_id":"i","reason":"INSTITUTION_MIGRATION","environment":"sandbox"}`,
			`"disconnect_time" is missing`,
		},
		"a reason nobody knows": {
			`{"webhook_type":"ITEM","webhook_code":"PENDING_DISCONNECT","item_id":"i","reason":"WHIM",` +
				`"disconnect_time":"2026-12-01T09:00:00Z","environment":"sandbox"}`,
			"/reason",
		},
		"a field nobody knows": {
			`{"webhook_type":"ITEM","webhook_code":"LOGIN_REPAIRED","item_id":"i","environment":"sandbox","event_id":"e"}`,
			"/event_id: not in the schema",
		},
		"another environment": {
			`{"webhook_type":"ITEM","webhook_code":"LOGIN_REPAIRED","item_id":"i","environment":"staging"}`, "/environment",
		},
		"a webhook nobody knows": {
			`{"webhook_type":"ITEM","webhook_code":"MADE_UP","item_id":"i","environment":"sandbox"}`, "no schema is known",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &witness{TB: t}
			Webhook(w, []byte(test.body))
			if test.want == "" {
				require.Empty(t, w.problems)
				return
			}
			require.Len(t, w.problems, 1)
			require.Contains(t, w.problems[0], test.want)
		})
	}
}

func TestDifferences_nameTheirSources(t *testing.T) {
	t.Parallel()
	_, err := loadSpec()
	require.NoError(t, err, "an entry that is no longer a difference must leave the table")
	for _, d := range Differences() {
		require.NotEmpty(t, d.Source, "%s.%s", d.Schema, d.Property)
	}
}

func TestDifference_thatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	loaded, err := loadSpec()
	require.NoError(t, err)
	for _, d := range []Difference{
		{Schema: "PendingDisconnectWebhookReason", Value: "INSTITUTION_MIGRATION"},
		{Schema: "PendingDisconnectWebhook", Property: "reason"},
		{Schema: "NoSuchSchema", Property: "reason"},
		{Schema: "SandboxItemFireWebhookRequest", Property: "no_such_property", Value: "X"},
	} {
		require.Error(t, d.apply(loaded.T), "%+v", d)
	}
}
