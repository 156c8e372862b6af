package telemetry_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"

	"relink/internal/telemetry"
)

const (
	first  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	second = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)

func TestABatchGoesOnInItsOldestTraceAndIsLinkedToTheOthers(t *testing.T) {
	t.Parallel()
	w := traced(t)
	ctx, ended := w.Dispatching(t.Context(), []string{first, "not one", second})
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", trace.SpanContextFromContext(ctx).TraceID().String())
	ended("delivered", 4, time.Second)
	span := w.spans.GetSpans()[0]
	require.Equal(t, "dispatch hints", span.Name)
	require.Equal(t, "b7ad6b7169203331", span.Parent.SpanID().String())
	require.Len(t, span.Links, 1)
	require.Equal(t, "4bf92f3577b34da6a3ce929d0e0e4736", span.Links[0].SpanContext.TraceID().String())
	require.Equal(t, map[string]string{"relink.outcome": "delivered", "relink.hints": "4"}, attributes(span))
}

func TestABatchThatNobodyTracedIsATraceOfItsOwn(t *testing.T) {
	t.Parallel()
	w := traced(t)
	_, ended := w.Dispatching(t.Context(), nil)
	ended("delivered", 1, time.Second)
	require.False(t, w.spans.GetSpans()[0].Parent.IsValid())
}

func TestAMailsHandOverIsASpan(t *testing.T) {
	t.Parallel()
	w := traced(t)
	for outcome, want := range map[string]codes.Code{"taken": codes.Unset, "undeliverable": codes.Error, "failed": codes.Error} {
		w.spans.Reset()
		_, ended := w.Mailing(t.Context(), "reminder")
		ended(outcome)
		span := w.spans.GetSpans()[0]
		require.Equal(t, "hand over mail", span.Name)
		require.Equal(t, map[string]string{"relink.mail": "reminder", "relink.outcome": outcome, "network.protocol.name": "smtp"}, attributes(span))
		require.Equal(t, want, span.Status.Code, outcome)
	}
}

func TestACallOfPlaidTellsHostMethodPathAndStatusAndNothingElse(t *testing.T) {
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

func TestACallThatIsNotAnsweredIsToldToo(t *testing.T) {
	t.Parallel()
	w := traced(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New(token))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:1/item/get", nil)
	require.NoError(t, err)
	_, err = w.PlaidClient().Do(r)
	require.Error(t, err)
	span := w.spans.GetSpans()[0]
	require.Equal(t, "no answer", span.Status.Description)
	require.Empty(t, span.Events)
	require.Contains(t, w.scraped(t, "relink_plaid_call"), `relink_plaid_call_seconds_count{path="/item/get",status="none"} 1`)
}

func TestNeighbour_aCallIsASpanThatHoldsNothingOfTheURL(t *testing.T) {
	t.Parallel()
	w := traced(t)
	status := http.StatusOK
	headers := make(chan http.Header, 2)
	neighbour := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		out.WriteHeader(status)
	}))
	defer neighbour.Close()
	client := &http.Client{Transport: w.Neighbour("platform")(http.DefaultTransport)}
	post := func(url string) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/"+token+"?token="+token, strings.NewReader(token))
		require.NoError(t, err)
		response, err := client.Do(r)
		if err == nil {
			require.NoError(t, response.Body.Close())
		}
		return err
	}
	require.NoError(t, post(neighbour.URL))
	require.NotContains(t, <-headers, "Traceparent", "our traces are nobody's business outside")
	status = http.StatusGone
	require.NoError(t, post(neighbour.URL))
	require.Error(t, post("http://127.0.0.1:1"))
	taken, refused, unanswered := w.spans.GetSpans()[0], w.spans.GetSpans()[1], w.spans.GetSpans()[2]
	require.Equal(t, "POST platform", taken.Name)
	require.Equal(t, map[string]string{
		"peer.service": "platform", "http.request.method": "POST", "http.response.status_code": "200",
	}, attributes(taken))
	require.Equal(t, codes.Unset, taken.Status.Code)
	require.Equal(t, codes.Error, refused.Status.Code)
	require.Equal(t, "no answer", unanswered.Status.Description)
	require.Empty(t, unanswered.Events)
}

func TestTemporalIsTracedOnlyWhereSpansAreTaken(t *testing.T) {
	t.Parallel()
	var on, off client.Options
	require.NoError(t, traced(t).Temporal(&on))
	require.Len(t, on.Interceptors, 2)
	require.NoError(t, untraced(t).Temporal(&off))
	require.Empty(t, off.Interceptors)
	for _, o := range []client.Options{on, off} {
		require.NotNil(t, o.Logger)
		require.NotNil(t, o.MetricsHandler)
	}
}

func TestWhatTheTemporalSDKMeasuresIsScraped(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	var o client.Options
	require.NoError(t, w.Temporal(&o))
	tagged := o.MetricsHandler.WithTags(map[string]string{"namespace": "default"})
	polls := tagged.WithTags(map[string]string{"operation": "Poll"})
	polls.Counter("temporal_request").Inc(2)
	polls.Counter("temporal_request").Inc(1)
	tagged.Counter("temporal_request").Inc(1) // fewer tags than its namesake
	tagged.Gauge("temporal_num_pollers").Update(4)
	tagged.Gauge("temporal_num_pollers").Update(3)
	tagged.Timer("temporal_request_latency").Record(40 * time.Millisecond)
	require.ElementsMatch(t, []string{
		`temporal_request_total{namespace="default"} 1`, `temporal_request_total{namespace="default",operation="Poll"} 3`,
	}, w.scraped(t, "temporal_request_total"))
	require.Equal(t, []string{`temporal_num_pollers{namespace="default"} 3`}, w.scraped(t, "temporal_num_pollers"))
	require.Contains(t, w.scraped(t, "temporal_request_latency"), `temporal_request_latency_seconds_sum{namespace="default"} 0.04`)

	tagged.Gauge("temporal_request_total").Update(1) // a namesake of another kind
	require.Len(t, w.scraped(t, "temporal_request_total"), 2)
	require.Zero(t, w.logs.Len(), "every scrape was whole")
}

func TestTracesAreOffUntilAnEndpointIsSetAndSaySo(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
	for why, environ := range map[string][]string{
		"traces (OTEL_EXPORTER_OTLP_ENDPOINT)": {"OTEL_SERVICE_NAME=relink", "PATH=/bin"},
		"traces (OTEL_SDK_DISABLED)":           {endpoint, "OTEL_SDK_DISABLED=true"},
		"traces (OTEL_TRACES_EXPORTER)":        {endpoint, "OTEL_TRACES_EXPORTER=none"},
	} {
		w := untraced(t)
		opened, err := telemetry.Open(t.Context(), w.Log, "api", environ)
		require.NoError(t, err)
		require.Equal(t, 1, w.logs.Len())
		require.Equal(t, why, w.logs.All()[0].ContextMap()["part"])
		var o client.Options
		require.NoError(t, opened.Temporal(&o))
		require.Empty(t, o.Interceptors)
		require.NoError(t, opened.Close(t.Context()))
	}
}

func TestAWrongVariableIsNamed(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
	for name, wrong := range map[string]string{
		"OTEL_TRACES_EXPORTER": "OTEL_TRACES_EXPORTER=zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL": "OTEL_EXPORTER_OTLP_PROTOCOL=pigeon",
	} {
		_, err := telemetry.Open(t.Context(), untraced(t).Log, "api", []string{endpoint, wrong})
		require.ErrorContains(t, err, name)
	}
}
