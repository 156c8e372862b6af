package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// dispatch delivers a batch, settles its rows and logs the result in one line.
func (d *Dispatcher) dispatch(ctx context.Context, b Batch) result {
	began := time.Now()
	ctx, ended := d.opts.Recorder.Dispatching(ctx, b.Traces)
	r := d.settle(ctx, b, d.deliver.Deliver(ctx, b))
	took := time.Since(began)
	ended(r.outcome, len(b.RowIDs), b.Waited+took)
	fields := []zap.Field{
		zap.String("item_id", string(b.ItemID)), zap.Int64s("inbox_ids", b.RowIDs), zap.Strings("codes", codes(b)),
		zap.Int("attempts", b.Attempts), zap.Duration("waited", b.Waited), zap.Duration("took", took), zap.String("outcome", r.outcome),
	}
	if len(b.Traces) > 0 {
		fields = append(fields, zap.Strings("traces", b.Traces))
	}
	if r.again > 0 {
		fields = append(fields, zap.Duration("again_in", r.again))
	}
	if r.cause != nil {
		fields = append(fields, zap.Error(r.cause))
	}
	d.log.Log(r.level, "hints dispatched", fields...)
	return r
}

// result is the result of delivering and settling a batch.
type result struct {
	outcome string
	level   zapcore.Level
	again   time.Duration // until it is tried again
	cause   error         // why it was not delivered or not settled; nil when all went well
	err     error         // what is not the Item's own fault; nil when nothing is
}

// settle marks the rows of a batch according to the deliverer's error, which is nil for a delivered batch.
func (d *Dispatcher) settle(ctx context.Context, b Batch, err error) result {
	var r result
	bounded, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	switch {
	case err == nil:
		// Marked only now: a crash between delivery and mark delivers again, and a crash before delivery loses nothing.
		r = result{outcome: OutcomeDelivered, err: d.queue.Delivered(bounded, b.RowIDs)}
	case errors.Is(err, ErrClosed):
		r = result{outcome: OutcomeIgnored, err: d.queue.Ignored(bounded, b.RowIDs, "the item is removed")}
	case errors.Is(err, ErrUnavailable), ctx.Err() != nil:
		// The rows go back at once and uncounted. The breaker keeps this dispatcher from claiming them right away.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		released := d.queue.Release(release, b.RowIDs, 0, "temporal is unavailable", false)
		r = result{outcome: OutcomeUnavailable, level: zapcore.WarnLevel, cause: err, err: errors.Join(err, released)}
		if ctx.Err() != nil {
			r.level = zapcore.InfoLevel // the process stops, which is nothing to warn about
		}
		return r
	case b.Attempts >= maxAttempts:
		r = result{outcome: OutcomeDead, level: zapcore.ErrorLevel, cause: err, err: d.queue.MarkDead(bounded, b.RowIDs, err.Error())}
	default:
		again := min(firstRetry<<b.Attempts, lastRetry)
		r = result{outcome: OutcomeFailed, level: zapcore.WarnLevel, again: again, cause: err}
		r.err = d.queue.Release(bounded, b.RowIDs, again, err.Error(), true)
	}
	if r.err != nil {
		r.err = fmt.Errorf("settle item %s: %w", b.ItemID, r.err)
		r = result{outcome: OutcomeUnsettled, level: zapcore.WarnLevel, cause: errors.Join(r.cause, r.err), err: r.err}
	}
	return r
}

// codes returns the codes of a batch's hints, in order.
func codes(b Batch) []string {
	all := make([]string, len(b.Hints))
	for i, h := range b.Hints {
		all[i] = h.Code
	}
	return all
}

// noRecorder is the recorder of a Dispatcher that has none.
type noRecorder struct{}

func (noRecorder) Dispatching(ctx context.Context, _ []string) (context.Context, func(string, int, time.Duration)) {
	return ctx, func(string, int, time.Duration) {}
}
