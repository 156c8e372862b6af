package plaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/vault"
)

const theLinkToken = "link-sandbox-7d2b"

func sealedLink(t *testing.T) vault.Sealed {
	t.Helper()
	s, err := shelf{}.Seal(linksession.TokenRow("itm_1"), theLinkToken)
	require.NoError(t, err)
	return s
}

func linkedAt(t *testing.T, sessions string) (time.Time, error) {
	t.Helper()
	f := serve(t, map[string]http.HandlerFunc{"/link/token/get": responds(http.StatusOK,
		`{"link_token":"`+theLinkToken+`","created_at":"2026-11-22T08:00:00Z","expiration":"2026-11-22T08:30:00Z","metadata":{},"request_id":"r",
		"link_sessions":`+sessions+`}`)})
	at, err := clientOf(t, options(f.URL)).LinkedAt(t.Context(), sealedLink(t))
	require.Equal(t, theLinkToken, f.requests()[0].Body["link_token"], "the token is opened for the call")
	return at, err
}

func TestLinkedAt_aSessionCountsWhenItFinishedWithSuccess(t *testing.T) {
	t.Parallel()
	const (
		exit = `{"error":{"error_type":"ITEM_ERROR","error_code":"INVALID_CREDENTIALS","error_message":"m",` +
			`"display_message":null},"metadata":{"status":"requires_credentials"}}`
		handoff = `"events":[{"event_id":"e2","event_name":"HANDOFF","timestamp":"2026-11-22T08:05:00Z",` +
			`"event_metadata":{}},{"event_id":"e1","event_name":"OPEN","timestamp":"2026-11-22T08:01:00Z","event_metadata":{}}]`
		five = `{"link_session_id":"ls","finished_at":"2026-11-22T09:05:00+01:00",`
	)
	at := func(minute int) time.Time { return time.Date(2026, 11, 22, 8, minute, 0, 0, time.UTC) }
	for name, tc := range map[string]struct {
		sessions string
		want     time.Time
	}{
		"never opened":    {`[]`, time.Time{}},
		"told of nothing": {`null`, time.Time{}},
		"update mode": {`[` + five + handoff + `,"exit":null,"on_exit":null,"on_success":null,` +
			`"results":{"item_add_results":[]}}]`, at(5)},
		"its callback alone": {`[` + five + `"events":[],"on_success":{"public_token":"public-sandbox-1","metadata":null}}]`, at(5)},
		"its result alone": {`[` + five + `"results":{"item_add_results":[{"public_token":"public-sandbox-1",` +
			`"accounts":[],"institution":null}]}}]`, at(5)},
		"left": {`[` + five + `"exit":` + exit + `,"on_exit":` + exit + `,"results":null,` +
			`"events":[{"event_id":"e","event_name":"EXIT","timestamp":"x","event_metadata":{}}]}]`, time.Time{}},
		"left without a word": {`[` + five + `"exit":null,"results":{"item_add_results":[]},"on_success":{}}]`, time.Time{}},
		"not finished":        {`[{"link_session_id":"ls","finished_at":null,` + handoff + `}]`, time.Time{}},
		"the newest of many": {`[{"link_session_id":"a","finished_at":"2026-11-22T08:02:00Z",` + handoff + `},` +
			`` + five + handoff + `},{"link_session_id":"b","finished_at":"2026-11-22T08:03:00Z",` + handoff + `}]`, at(5)},
		"success, then left": {`[{"link_session_id":"a","finished_at":"2026-11-22T08:02:00Z",` + handoff + `},` +
			`` + five + `"exit":` + exit + `}]`, at(2)},
		"fields of tomorrow": {`[` + five + handoff + `,"mood":"glad"}]`, at(5)},
		"a code of tomorrow's": {`[` + five + `"events":[{"event_id":"e","event_name":"HANDOFF_LATER","timestamp":"x",` +
			`"event_metadata":{}}]}]`, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := linkedAt(t, tc.sessions)
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestLinkedAt_aLinkTokenThatPlaidNoLongerKnowsSaysNothing(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{"/link/token/get": refuse("INVALID_INPUT", "INVALID_LINK_TOKEN")})
	at, err := clientOf(t, options(f.URL)).LinkedAt(t.Context(), sealedLink(t))
	require.NoError(t, err)
	require.Zero(t, at)
}

func TestLinkedAt_failsWithoutAResponse(t *testing.T) {
	t.Parallel()
	for text, handler := range map[string]http.HandlerFunc{
		"get link token: plaid: INVALID_API_KEYS (status 400, request req1)": refuse("INVALID_INPUT", "INVALID_API_KEYS"),
		"get link token: plaid: unreadable response (status 200)":            responds(http.StatusOK, "{}"),
	} {
		f := serve(t, map[string]http.HandlerFunc{"/link/token/get": handler})
		_, err := clientOf(t, options(f.URL)).LinkedAt(t.Context(), sealedLink(t))
		require.EqualError(t, err, text)
	}
	f := serve(t, nil)
	_, err := clientOf(t, options(f.URL)).LinkedAt(t.Context(), vault.Sealed{})
	var e *plaid.Error
	require.NotErrorAs(t, err, &e, "Plaid was not asked")
	require.ErrorContains(t, err, "open link token")
	require.Empty(t, f.requests())
}

func TestLinkEnded_isPlaidsWord(t *testing.T) {
	t.Parallel()
	const (
		left = `{"link_session_id":"a","finished_at":"2026-11-22T08:02:00Z"}`
		done = `{"link_session_id":"b","finished_at":"2026-11-22T08:05:00Z","events":[{"event_id":"e",` +
			`"event_name":"HANDOFF","timestamp":"x","event_metadata":{}}]}`
		open = `{"link_session_id":"c","finished_at":null}`
	)
	for sessions, want := range map[string]plaid.LinkEnd{
		`[]`: plaid.LinkOpen, `[` + open + `]`: plaid.LinkOpen, `[` + left + `]`: plaid.LinkLeft, `[` + done + `]`: plaid.LinkSucceeded,
		`[` + left + `,` + done + `]`: plaid.LinkSucceeded, `[` + done + `,` +
			`` + left + `]`: plaid.LinkSucceeded, `[` + left + `,` + open + `]`: plaid.LinkLeft,
	} {
		f := serve(t, map[string]http.HandlerFunc{"/link/token/get": responds(http.StatusOK,
			`{"link_token":"`+theLinkToken+`","created_at":"2026-11-22T08:00:00Z","expiration":"2026-11-22T08:30:00Z",`+
				`"metadata":{},"request_id":"r","link_sessions":`+sessions+`}`)})
		got, err := clientOf(t, options(f.URL)).LinkEnded(t.Context(), sealedLink(t))
		require.NoError(t, err)
		require.Equal(t, want, got, sessions)
	}
}
