package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// headerKey names the header in which all of Temporal's SDKs put a trace.
const headerKey = "_tracer-data"

// spanKey is where Temporal's tracing looks for the current span in a workflow's context.
type spanKey struct{}

// Temporal adds logging, metrics and tracing to a client's options, for the client and for workers that run on it.
func (t *Telemetry) Temporal(o *client.Options) error {
	o.Logger = ForTemporal(t.Log)
	o.MetricsHandler = t.metrics.temporal
	if !t.tracing {
		return nil
	}
	tracer, err := opentelemetry.NewTracer(opentelemetry.TracerOptions{
		Tracer: t.tracer, TextMapPropagator: wire, DisableBaggage: true, DisableQueryTracing: true,
		SpanContextKey: spanKey{}, HeaderKey: headerKey,
		AllowInvalidParentSpans: true, // a header that cannot be read must not fail a workflow
	})
	if err != nil {
		return err
	}
	// The last one is nearest to the workflow, so follow sets the span before the tracing looks for it.
	o.Interceptors = append(o.Interceptors, interceptor.NewTracingInterceptor(tracer), &follow{tracer: tracer})
	return nil
}

// follow puts a workflow's work into the trace of the signal or update that came last. Temporal's own tracing puts it
// into the trace that started the workflow. But an Item's workflow lives for years and has many runs, so the work for
// every webhook would be in the trace of the enrolment.
type follow struct {
	interceptor.InterceptorBase
	tracer interceptor.Tracer
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (f *follow) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	in := &inbound{tracer: f.tracer}
	in.Next = next
	return in
}

// inbound records what came last in one run.
type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	tracer interceptor.Tracer
	cause  interceptor.TracerSpan
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (i *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	out := &outbound{in: i}
	out.Next = next
	return i.Next.Init(out)
}

// HandleSignal implements interceptor.WorkflowInboundInterceptor.
func (i *inbound) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	i.note(interceptor.WorkflowHeader(ctx))
	return i.Next.HandleSignal(ctx, in)
}

// ExecuteUpdate implements interceptor.WorkflowInboundInterceptor.
func (i *inbound) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	i.note(interceptor.WorkflowHeader(ctx))
	return i.Next.ExecuteUpdate(ctx, in)
}

func (i *inbound) note(header map[string]*commonpb.Payload) {
	payload := header[headerKey]
	if payload == nil {
		return
	}
	carrier := propagation.MapCarrier{}
	if err := converter.GetDefaultDataConverter().FromPayload(payload, &carrier); err != nil {
		return
	}
	ctx := context.Background()
	ctx = trace.ContextWithRemoteSpanContext(ctx, trace.SpanContextFromContext(wire.Extract(ctx, carrier)))
	if span := i.tracer.SpanFromContext(ctx); span != nil {
		i.cause = span
	}
}

// outbound puts what goes out into the trace of the cause.
type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	in *inbound
}

func (o *outbound) caused(ctx workflow.Context) workflow.Context {
	if o.in.cause == nil {
		return ctx
	}
	return workflow.WithValue(ctx, spanKey{}, o.in.cause)
}

// ExecuteActivity implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	return o.Next.ExecuteActivity(o.caused(ctx), activityType, args...)
}

// ExecuteChildWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) ExecuteChildWorkflow(ctx workflow.Context, childType string, args ...any) workflow.ChildWorkflowFuture {
	return o.Next.ExecuteChildWorkflow(o.caused(ctx), childType, args...)
}

// NewContinueAsNewError implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) NewContinueAsNewError(ctx workflow.Context, wfn any, args ...any) error {
	return o.Next.NewContinueAsNewError(o.caused(ctx), wfn, args...)
}
