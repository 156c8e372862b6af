package telemetry_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	first  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	second = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)

func TestDispatching_continuesTheOldestTraceAndLinksTheOthers(t *testing.T) {
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

func TestDispatching_withoutTracesBeginsANewOne(t *testing.T) {
	t.Parallel()
	w := traced(t)
	_, ended := w.Dispatching(t.Context(), nil)
	ended("delivered", 1, time.Second)
	require.False(t, w.spans.GetSpans()[0].Parent.IsValid())
}

func TestMailing_isASpan(t *testing.T) {
	t.Parallel()
	w := traced(t)
	for outcome, want := range map[string]codes.Code{"taken": codes.Unset, "undeliverable": codes.Error, "failed": codes.Error} {
		w.spans.Reset()
		_, ended := w.Mailing(t.Context(), "reminder")
		ended(outcome)
		span := w.spans.GetSpans()[0]
		require.Equal(t, "hand over mail", span.Name)
		require.Equal(t, map[string]string{
			"relink.mail": "reminder", "relink.outcome": outcome,
			"network.protocol.name": "smtp",
		}, attributes(span))
		require.Equal(t, want, span.Status.Code, outcome)
	}
}

func TestWatch_countsEverything(t *testing.T) {
	t.Parallel()
	w := untraced(t)
	w.Webhook("stored")
	w.Webhook("stored")
	w.Webhook("refused_signature")
	w.UnknownWebhook("ITEM")
	_, ended := w.Dispatching(t.Context(), nil)
	ended("delivered", 3, 70*time.Millisecond)
	_, ended = w.Dispatching(t.Context(), nil)
	ended("failed", 1, time.Hour)
	w.Asked("healthy")
	_, mailed := w.Mailing(t.Context(), "reminder")
	mailed("taken")
	w.Incident("opened", "credentials")
	w.Incident("closed", "")
	w.Sent("platform", "plaid", "delivered")
	require.Equal(t, []string{
		`relink_webhooks_total{result="refused_signature"} 1`,
		`relink_webhooks_total{result="stored"} 2`,
	}, w.scraped(t, "relink_webhooks_total"))
	require.Equal(t, []string{`relink_webhooks_unknown_total{type="ITEM"} 1`}, w.scraped(t, "relink_webhooks_unknown"))
	require.Equal(t, []string{`relink_hints_total{outcome="delivered"} 3`, `relink_hints_total{outcome="failed"} 1`},
		w.scraped(t, "relink_hints"))
	require.Contains(t, w.scraped(t, "relink_dispatch"), "relink_dispatch_seconds_count 1", "only what Temporal has is measured")
	require.Contains(t, w.scraped(t, "relink_dispatch"), "relink_dispatch_seconds_sum 0.07")
	require.Equal(t, []string{`relink_plaid_questions_total{result="healthy"} 1`}, w.scraped(t, "relink_plaid_questions"))
	require.Equal(t, []string{`relink_mails_total{kind="reminder",outcome="taken"} 1`}, w.scraped(t, "relink_mails"))
	require.Equal(t, []string{
		`relink_incidents_total{cause="",step="closed"} 1`,
		`relink_incidents_total{cause="credentials",step="opened"} 1`,
	}, w.scraped(t, "relink_incidents"))
	require.Equal(t, []string{`relink_deliveries_total{destination="platform",event="plaid",outcome="delivered"} 1`},
		w.scraped(t, "relink_deliveries"))
}
