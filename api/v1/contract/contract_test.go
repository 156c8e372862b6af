package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/v1/contract"
)

// witness is a testing.TB that keeps its failures.
type witness struct {
	testing.TB
	failures []string
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

func TestHold_failsForWhatTheContractDoesNotAllow(t *testing.T) {
	t.Parallel()
	const (
		jsonType    = "application/json"
		problemType = "application/problem+json"
		good        = `{"item_id":"i","environment":"sandbox","merchant_id":"m","business_name":"b",` +
			`"institution_id":"","institution":"x","state":"connected","incident":0}`
		aProblem = `{"type":"urn:relink:problem:not_found","title":"Not found","status":404,"detail":"no such item","request_id":"r"}`
	)
	for name, tc := range map[string]struct {
		method, path, request string
		status                int
		kind, answer          string
		allow                 string
		want                  string // empty: nothing is wrong
	}{
		"all is well": {method: "GET", path: "/v1/items/i", status: 200, kind: jsonType, answer: good},
		"a problem":   {method: "GET", path: "/v1/items/i", status: 404, kind: problemType, answer: aProblem},
		"a field too many": {
			method: "GET", path: "/v1/items/i", status: 200, kind: jsonType,
			answer: strings.Replace(good, "{", `{"access_token":"a",`, 1), want: "access_token",
		},
		"a field too few": {method: "GET", path: "/v1/items/i", status: 200, kind: jsonType, answer: `{}`, want: "item_id"},
		"a state nobody knows": {
			method: "GET", path: "/v1/items/i", status: 200, kind: jsonType,
			answer: strings.Replace(good, "connected", "broken", 1), want: "state",
		},
		"a problem of no known kind": {
			method: "GET", path: "/v1/items/i", status: 404, kind: problemType,
			answer: strings.Replace(aProblem, "not_found", "odd", 1), want: "type",
		},
		"a problem without a request id": {
			method: "GET", path: "/v1/items/i", status: 404, kind: problemType,
			answer: strings.Replace(aProblem, `,"request_id":"r"`, "", 1), want: "request_id",
		},
		"an error that is text": {
			method: "GET", path: "/v1/items/i", status: 404, kind: "text/plain",
			answer: "no such item", want: "Content-Type",
		},
		"a bad request that is answered": {
			method: "PATCH", path: "/v1/merchants/m", request: `{"emial":"a@b.c"}`, status: 200,
			kind: jsonType, answer: `{}`, want: "was not refused",
		},
		"a bad request that is refused": {
			method: "PATCH", path: "/v1/merchants/m", request: `{"emial":"a@b.c"}`, status: 404,
			kind: problemType, answer: aProblem,
		},
		"a status that is not described": {method: "GET", path: "/v1/items/i", status: 201, kind: jsonType, answer: good, want: "Content-Type"},
		"a path that is not described": {
			method: "GET", path: "/v1/more", status: 200, kind: jsonType, answer: `{}`,
			want: "no operation takes it",
		},
		"an unknown route": {method: "GET", path: "/v1/more", status: 404, kind: problemType, answer: aProblem},
		"an unknown route as text": {
			method: "GET", path: "/v1/more", status: 404, kind: "text/plain",
			answer: "404 page not found", want: "no problem",
		},
		"an unknown method": {
			method: "PUT", path: "/v1/items", status: 405, kind: problemType, answer: aProblem,
			allow: "GET, POST",
		},
		"an unknown method without others": {
			method: "PUT", path: "/v1/items", status: 405, kind: problemType, answer: aProblem,
			want: "which methods",
		},
		"another door": {method: "GET", path: "/relink/x", status: 200, kind: "text/html", answer: "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &witness{TB: t}
			h := contract.Hold(w, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", tc.kind)
				rw.Header().Set("X-Request-Id", "r")
				if tc.allow != "" {
					rw.Header().Set("Allow", tc.allow)
				}
				rw.WriteHeader(tc.status)
				_, _ = rw.Write([]byte(tc.answer))
			}))
			r := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, strings.NewReader(tc.request))
			r.Header.Set("Content-Type", jsonType)
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			require.Equal(t, tc.status, rec.Code, "it passes through unchanged")
			require.Equal(t, tc.answer, rec.Body.String())
			if tc.want == "" {
				require.Empty(t, w.failures)
				return
			}
			require.Len(t, w.failures, 1)
			require.Contains(t, w.failures[0], tc.want)
		})
	}
}
