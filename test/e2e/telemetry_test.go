package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/internal/telemetry"
)

// lines returns the log lines with a message, oldest first.
func (l *recordedStack) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range bytes.Lines(l.log.w.bytes()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal(line, &fields), string(line))
		if fields["msg"] == message {
			found = append(found, fields)
		}
	}
	return found
}

// trace returns the spans of the trace of the request to a route, by name.
func (l *recordedStack) trace(t *testing.T, route string) map[string][]tracetest.SpanStub {
	t.Helper()
	spans := l.spans.GetSpans()
	named := map[string][]tracetest.SpanStub{}
	for _, root := range spans {
		if root.Name != route {
			continue
		}
		require.Empty(t, named, "more than one request to %s", route)
		for _, s := range spans {
			if s.SpanContext.TraceID() == root.SpanContext.TraceID() {
				named[s.Name] = append(named[s.Name], s)
			}
		}
	}
	require.NotEmpty(t, named, "no request to %s", route)
	return named
}

// awaitDispatched waits until a hint was delivered, so that the next one is a batch of its own.
func (l *recordedStack) awaitDispatched(t *testing.T, ctx context.Context, code string) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, code+" to be delivered", func(context.Context) (bool, error) {
		return slices.ContainsFunc(l.lines(t, "hints dispatched"), func(line map[string]any) bool {
			return slices.Contains(line["codes"].([]any), any(code))
		}), nil
	}))
}

// quietRelink runs a relink without trouble, of an Item that was idle when it broke.
func (l *recordedStack) quietRelink(t *testing.T, ctx context.Context) blackbox.Item {
	t.Helper()
	it, err := l.Link(ctx, blueBottle)
	require.NoError(t, err)
	require.NoError(t, l.awaitQuestions(ctx, it.ID, 1))
	_, err = l.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	mail, err := l.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	link, err := mail.DeepLink()
	require.NoError(t, err)
	_, err = l.AwaitMoment(ctx, it.ID, "mail_sent", 1)
	require.NoError(t, err)
	token, err := blackbox.Mint(ctx, link, it.ID)
	require.NoError(t, err)
	l.awaitDispatched(t, ctx, item.LinkOpened)
	played, err := l.PlayLink(ctx, token, "user_good", "pass_good")
	require.NoError(t, err)
	standing, err := blackbox.Complete(ctx, link, it.ID, played.Metadata.LinkSessionID)
	require.NoError(t, err)
	require.Equal(t, "connected", standing.State)
	l.awaitDispatched(t, ctx, item.LinkFinished)
	_, err = l.AwaitMoment(ctx, it.ID, "mail_sent", 2)
	require.NoError(t, err)
	l.awaitRun(t, ctx, it, 2)
	l.stopWorker() // ends the last spans
	return it
}

func TestTrace_goesFromTheRequestToItsEffects(t *testing.T) {
	t.Parallel()
	l := recordAll(t)
	it := l.quietRelink(t, within(t, patience))
	for route, caused := range map[string][]string{
		"POST /v1/items": {
			"POST /item/public_token/exchange", "dispatch hints", "SignalWithStartWorkflow:Item", "RunWorkflow:Item", "HandleSignal:hint",
			"StartActivity:LoadItem", "RunActivity:LoadItem", "StartActivity:AskPlaid", "RunActivity:AskPlaid", "POST /item/get",
		},
		"POST /webhooks/plaid/{environment}": {
			"POST /webhook_verification_key/get", "dispatch hints", "SignalWithStartWorkflow:Item", "HandleSignal:hint",
			"StartActivity:AskPlaid", "RunActivity:AskPlaid", "POST /item/get", "RunActivity:RecordTransitions",
			"RunActivity:SendMail", "hand over mail",
		},
		"POST /relink/{token}/link-token": {
			"POST /link/token/create", "dispatch hints", "UpdateWorkflow:relink_opened",
			"HandleUpdate:relink_opened",
		},
		"POST /relink/{token}/complete": {
			"dispatch hints", "UpdateWorkflow:relink_completed", "HandleUpdate:relink_completed", "HandleSignal:hint",
			"RunActivity:AskPlaid", "POST /item/get",
			"POST /accounts/get", "RunActivity:RecordTransitions", "RunActivity:SendMail", "hand over mail",
		},
	} {
		require.Subset(t, slices.Collect(maps.Keys(l.trace(t, route))), caused, "the trace of %s", route)
	}
	webhook := l.trace(t, "POST /webhooks/plaid/{environment}")
	root, dispatched, signal := webhook["POST /webhooks/plaid/{environment}"][0], webhook["dispatch hints"][0],
		webhook["SignalWithStartWorkflow:Item"][0]
	require.Equal(t, root.SpanContext.SpanID(), dispatched.Parent.SpanID())
	require.Equal(t, dispatched.SpanContext.SpanID(), signal.Parent.SpanID())
	require.Equal(t, signal.SpanContext.SpanID(), webhook["HandleSignal:hint"][0].Parent.SpanID())
	require.Equal(t, signal.SpanContext.SpanID(), webhook["StartActivity:AskPlaid"][0].Parent.SpanID(),
		"what the signal caused goes on in its trace")
	require.Equal(t, webhook["RunActivity:AskPlaid"][0].SpanContext.SpanID(), webhook["POST /item/get"][0].Parent.SpanID())
	require.Equal(t, webhook["RunActivity:SendMail"][0].SpanContext.SpanID(), webhook["hand over mail"][0].Parent.SpanID())

	traceparent := "00-" + root.SpanContext.TraceID().String() + "-" + root.SpanContext.SpanID().String() + "-01"
	runs := l.runs(t, t.Context(), it)
	history, err := l.history(t.Context(), it, runs[0])
	require.NoError(t, err)
	var carried []string
	for _, e := range history.GetEvents() {
		for _, p := range e.GetWorkflowExecutionSignaledEventAttributes().GetInput().GetPayloads() {
			carried = append(carried, string(p.GetData()))
		}
	}
	require.Contains(t, strings.Join(carried, "\n"), `"trace":"`+traceparent+`"`, "the hint carries it")

	history, err = l.history(t.Context(), it, runs[1])
	require.NoError(t, err)
	begun := history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetHeader().GetFields()["_tracer-data"]
	completed := l.trace(t, "POST /relink/{token}/complete")["POST /relink/{token}/complete"][0]
	require.Contains(t, string(begun.GetData()), completed.SpanContext.TraceID().String(),
		"the next run goes on in the trace that ended the incident")
}

func TestLog_hasOneLinePerRequestAndHint(t *testing.T) {
	t.Parallel()
	l := recordAll(t)
	ctx := within(t, patience)
	it := l.quietRelink(t, ctx)
	var requests []map[string]any
	require.NoError(t, blackbox.Await(ctx, "the line of the last request", func(context.Context) (bool, error) {
		requests = l.lines(t, "request answered")
		return len(requests) >= len(l.front.all()), nil // it is written when the caller has its answer already
	}))
	require.Len(t, requests, len(l.front.all()))
	of := func(route string) map[string]any {
		for _, line := range requests {
			if line["route"] == route {
				return line
			}
		}
		require.Fail(t, "no line", route)
		return nil
	}
	for route, wanted := range map[string]map[string]any{
		"POST /v1/items": {"status": 201., "caller": "platform", "item_id": it.ID, "created": true},
		"POST /webhooks/plaid/{environment}": {
			"status": 200., "caller": "plaid", "item_id": it.ID, "became": "stored",
			"code": "ITEM/ERROR", "repeat": false,
		},
		"POST /relink/{token}/link-token": {
			"status": 200., "caller": "merchant", "item_id": it.ID,
			"code": "relink_opened", "merchant_id": blueBottle.ID,
		},
		"POST /relink/{token}/complete": {
			"status": 200., "caller": "merchant", "item_id": it.ID,
			"code": "relink_completed", "state": "connected",
		},
		"GET /v1/items/{id}/timeline": {"status": 200., "caller": "platform", "item_id": it.ID},
	} {
		line := of(route)
		for name, value := range wanted {
			require.Equal(t, value, line[name], "%s of %s", name, route)
		}
		require.Positive(t, line["took"])
		require.Len(t, line["trace_id"], 32)
	}

	var codes []any
	for _, line := range l.lines(t, "hints dispatched") {
		require.Equal(t, it.ID, line["item_id"])
		require.Equal(t, "delivered", line["outcome"])
		require.NotEmpty(t, line["inbox_ids"])
		codes = append(codes, line["codes"].([]any)...)
	}
	require.Equal(t, []any{"enrolled", "ITEM/ERROR", "relink_opened", "relink_completed"}, codes)
	require.Equal(t, of("POST /webhooks/plaid/{environment}")["inbox_id"], l.lines(t, "hints dispatched")[1]["inbox_ids"].([]any)[0])
}

func TestMetrics_countARelink(t *testing.T) {
	t.Parallel()
	l := recordAll(t)
	ctx := within(t, patience)
	it := l.quietRelink(t, ctx)
	_, _, err := l.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "ITEM", "webhook_code": "ERROR", "sign": "wrong"})
	require.NoError(t, err)
	var page string
	require.NoError(t, blackbox.Call(ctx, "GET", l.admin+"/metrics", "", nil, &page))
	for _, line := range []string{
		`relink_webhooks_total{result="stored"} 1`, `relink_webhooks_total{result="refused_signature"} 1`,
		`relink_hints_total{outcome="delivered"} 4`, `relink_inbox_rows{state="pending"} 0`, `relink_inbox_rows{state="dead"} 0`,
		`relink_incidents_total{cause="credentials",step="opened"} 1`, `relink_incidents_total{cause="",step="closed"} 1`,
		`relink_mails_total{kind="reminder",outcome="taken"} 1`, `relink_mails_total{kind="reconnected",outcome="taken"} 1`,
		`relink_http_requests_total{route="POST /relink/{token}/complete",status="2xx"} 1`,
		`relink_up{part="postgres"} 1`, `relink_up{part="temporal"} 1`,
	} {
		require.Contains(t, page, line+"\n")
	}
	requireKnownWords(t, page)
	require.Regexp(t, `relink_plaid_questions_total\{result="broken"\} [1-9]`, page)
	require.Regexp(t, `temporal_request_total\{.*operation="SignalWithStartWorkflowExecution".*\} 4`, page)
	require.NotContains(t, page, it.ID, "no label names an Item")
}

// requireKnownWords fails the test for a label with a word that the table of metrics does not have.
func requireKnownWords(t *testing.T, page string) {
	t.Helper()
	samples := regexp.MustCompile(`(?m)^(relink_\w+)\{([^}]*)\}`).FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, samples)
	for _, sample := range samples {
		labels, ok := telemetry.Labels(sample[1])
		require.True(t, ok, sample[0])
		for _, l := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(sample[2], -1) {
			words, ok := labels[l[1]]
			require.True(t, ok, "%s: no label %s", sample[0], l[1])
			if words != nil {
				require.Contains(t, words, l[2], sample[0])
			}
		}
	}
}
