package telemetry_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
)

func TestPlaidClient_recordsHostMethodPathAndStatusAndNothingElse(t *testing.T) {
	t.Parallel()
	w := traced(t)
	headers := make(chan http.Header, 2)
	plaid := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		http.Error(out, token, http.StatusBadRequest)
	}))
	defer plaid.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, plaid.URL+"/item/get?token="+token, strings.NewReader(token))
	require.NoError(t, err)
	r.Header.Set("PLAID-SECRET", token)
	response, err := w.PlaidClient().Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NotContains(t, <-headers, "Traceparent", "our traces are nobody's business outside")
	span := w.spans.GetSpans()[0]
	require.Equal(t, "POST /item/get", span.Name)
	require.Equal(t, map[string]string{
		"server.address": "127.0.0.1", "http.request.method": "POST", "url.template": "/item/get", "http.response.status_code": "400",
	}, attributes(span))
	require.Equal(t, codes.Error, span.Status.Code)
	require.Contains(t, w.scraped(t, "relink_plaid_call"), `relink_plaid_call_seconds_count{path="/item/get",status="4xx"} 1`)
}

func TestPlaidClient_recordsACallWithoutAResponse(t *testing.T) {
	t.Parallel()
	w := traced(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New(token))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:1/item/get", nil)
	require.NoError(t, err)
	_, err = w.PlaidClient().Do(r)
	require.Error(t, err)
	span := w.spans.GetSpans()[0]
	require.Equal(t, "no response", span.Status.Description)
	require.Empty(t, span.Events)
	require.Contains(t, w.scraped(t, "relink_plaid_call"), `relink_plaid_call_seconds_count{path="/item/get",status="none"} 1`)
}
