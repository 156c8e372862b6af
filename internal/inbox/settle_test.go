package inbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relink/internal/inbox"
	"relink/internal/item"
)

func TestDeliver_logsEachBatchInOneLine(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.temporalDoes(func(context.Context, inbox.Batch) error {
			<-time.After(20 * time.Millisecond)
			return nil
		})
		for _, source := range []item.Source{item.FromWebhook, item.FromPortal} {
			id := f.add("itm_1", source)
			f.rows[id-1].trace = "trace-of-" + string(source)
		}
		f.pass(3 * time.Second)
		f.start()
		f.pass(time.Second)
		require.Equal(t, 1, f.logs.Len())
		line := f.logs.All()[0]
		require.Equal(t, "hints dispatched", line.Message)
		require.Equal(t, zapcore.InfoLevel, line.Level)
		require.Equal(t, map[string]any{
			"item_id": "itm_1", "inbox_ids": []any{int64(1), int64(2)}, "codes": []any{"ITEM/ERROR", "ITEM/ERROR"}, "attempts": int64(1),
			"waited": 3 * time.Second, "took": 20 * time.Millisecond, "outcome": inbox.OutcomeDelivered,
			"traces": []any{"trace-of-webhook", "trace-of-portal"},
		}, line.ContextMap())
	})
}

func TestDeliver_logsWhatBecameOfTheBatch(t *testing.T) {
	t.Parallel()
	for outcome, c := range map[string]struct {
		answer error
		level  zapcore.Level
		again  bool
	}{
		inbox.OutcomeDelivered:   {nil, zap.InfoLevel, false},
		inbox.OutcomeIgnored:     {errGone, zap.InfoLevel, false},
		inbox.OutcomeUnavailable: {errDown, zap.WarnLevel, false},
		inbox.OutcomeFailed:      {errOdd, zap.WarnLevel, true},
	} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
				f.temporalDoes(always(c.answer))
				f.start()
				f.arrive("itm_1")
				lines := f.lines(outcome)
				require.Len(t, lines, 1)
				require.Equal(t, c.level, lines[0].Level)
				fields := lines[0].ContextMap()
				require.Equal(t, c.again, fields["again_in"] != nil)
				if c.level > zap.InfoLevel {
					require.Equal(t, c.answer.Error(), fields["error"])
				} else {
					require.NotContains(t, fields, "error")
				}
			})
		})
	}
}

func TestDeliver_reportsABatchThatCouldNotBeMarkedAsUnsettled(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		f.fails(func(_ context.Context, op string) error {
			if op == "delivered" {
				return errors.New("postgres: connection reset")
			}
			return nil
		})
		f.start()
		f.arrive("itm_1")
		require.Len(t, f.lines(inbox.OutcomeUnsettled), 1)
		require.Empty(t, f.lines(inbox.OutcomeDelivered))
	})
}

func TestDeliver_reportsEachBatchToTelemetry(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, f *fixture) {
		var inIts atomic.Bool
		f.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			inIts.Store(ctx.Value(watchedKey{}) != nil)
			<-time.After(20 * time.Millisecond)
			return nil
		})
		first, second := f.add("itm_1", item.FromWebhook), f.add("itm_1", item.FromWebhook)
		f.rows[first-1].trace, f.rows[second-1].trace = "a", "b"
		f.pass(5 * time.Second)
		f.start()
		f.pass(time.Second)
		require.Equal(t, [][]string{{"a", "b"}}, f.begun)
		require.True(t, inIts.Load(), "it delivers in another context than the watch's")
		require.Equal(t, []ended{{inbox.OutcomeDelivered, 2, 5*time.Second + 20*time.Millisecond}}, f.ended)
	})
}

func TestDispatcher_deliversWithoutTelemetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		f := &fixture{t: t, queue: q}
		core, _ := observer.New(zapcore.DebugLevel)
		f.Dispatcher = inbox.New(q, f, zap.New(core), inbox.Options{})
		f.start()
		id := f.arrive("itm_1")
		require.Equal(t, "delivered", f.row(id).state)
	})
}
