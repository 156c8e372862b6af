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
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.temporalDoes(func(context.Context, inbox.Batch) error {
			<-time.After(20 * time.Millisecond)
			return nil
		})
		for _, source := range []item.Source{item.FromWebhook, item.FromPortal} {
			id := w.add("itm_1", source)
			w.rows[id-1].trace = "trace-of-" + string(source)
		}
		w.pass(3 * time.Second)
		w.start()
		w.pass(time.Second)
		require.Equal(t, 1, w.logs.Len())
		line := w.logs.All()[0]
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
			in(t, inbox.Options{}, func(t *testing.T, w *world) {
				w.temporalDoes(always(c.answer))
				w.start()
				w.arrive("itm_1")
				lines := w.lines(outcome)
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
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		w.fails(func(_ context.Context, op string) error {
			if op == "delivered" {
				return errors.New("postgres: connection reset")
			}
			return nil
		})
		w.start()
		w.arrive("itm_1")
		require.Len(t, w.lines(inbox.OutcomeUnsettled), 1)
		require.Empty(t, w.lines(inbox.OutcomeDelivered))
	})
}

func TestDeliver_reportsEachBatchToTelemetry(t *testing.T) {
	t.Parallel()
	in(t, inbox.Options{}, func(t *testing.T, w *world) {
		var inIts atomic.Bool
		w.temporalDoes(func(ctx context.Context, _ inbox.Batch) error {
			inIts.Store(ctx.Value(watchedKey{}) != nil)
			<-time.After(20 * time.Millisecond)
			return nil
		})
		first, second := w.add("itm_1", item.FromWebhook), w.add("itm_1", item.FromWebhook)
		w.rows[first-1].trace, w.rows[second-1].trace = "a", "b"
		w.pass(5 * time.Second)
		w.start()
		w.pass(time.Second)
		require.Equal(t, [][]string{{"a", "b"}}, w.begun)
		require.True(t, inIts.Load(), "it delivers in another context than the watch's")
		require.Equal(t, []ended{{inbox.OutcomeDelivered, 2, 5*time.Second + 20*time.Millisecond}}, w.ended)
	})
}

func TestDispatcher_deliversWithoutTelemetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		w := &world{t: t, queue: q}
		core, _ := observer.New(zapcore.DebugLevel)
		w.Dispatcher = inbox.New(q, w, zap.New(core), inbox.Options{})
		w.start()
		id := w.arrive("itm_1")
		require.Equal(t, "delivered", w.row(id).state)
	})
}
