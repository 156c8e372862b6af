package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

// TestDispatcher_losesNothingWhereverItDies kills a dispatcher at its first call of another side, then one at its
// second, and so on, until one dies with all its work done. It kills each twice: before the call reaches the other
// side, and after the call is carried out but before its result is seen.
func TestDispatcher_losesNothingWhereverItDies(t *testing.T) {
	t.Parallel()
	for name, answerLost := range map[string]bool{"before the call": false, "before its answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.enrol(t, "itm_1", "itm_2", "itm_3")
			deaths := 0
			for done := false; !done; deaths++ {
				s.exec(t, `DELETE FROM inbox`)
				s.temporal = &taker{down: map[item.ID]int{"itm_3": 1}}
				var rows []int64
				for _, id := range []item.ID{"itm_1", "itm_2", "itm_3", "itm_1"} {
					rows = append(rows, s.receive(t, id, item.FromWebhook))
				}
				rows = append(rows, s.receive(t, "itm_2", item.FromPortal))

				first := &mortal{stage: s, dies: deaths + 1, answerLost: answerLost, dead: make(chan struct{}), buried: make(chan struct{})}
				stop := dispatch(t, first, quick)
				<-first.dead
				done = len(s.open(t)) == 0

				undertaker := dispatch(t, s, quick)
				require.Eventually(t, func() bool { return len(s.open(t)) == 0 }, 20*time.Second, 5*time.Millisecond,
					"dead at call %d, %v are left", deaths+1, rows)
				require.True(t, s.temporal.has(rows...), "dead at call %d: a row was marked that Temporal never had", deaths+1)
				undertaker()
				close(first.buried)
				stop()
			}
			t.Logf("%d deaths", deaths)
			require.Greater(t, deaths, 8, "it died in no more places than this")
		})
	}
}

// mortal is a process that dies at one of its calls. From then on its calls reach nothing and return nothing.
type mortal struct {
	*stage
	dies       int
	answerLost bool

	mu     sync.Mutex
	calls  int
	dead   chan struct{}
	buried chan struct{} // its goroutines may end
}

var errDead = errors.New("the process is dead")

// call carries a call out, unless the process is dead.
func (m *mortal) call(do func() error) error {
	m.mu.Lock()
	m.calls++
	n := m.calls
	if n == m.dies && !m.answerLost {
		close(m.dead)
	}
	m.mu.Unlock()
	if n > m.dies || n == m.dies && !m.answerLost {
		<-m.buried
		return errDead
	}
	err := do()
	if n == m.dies {
		close(m.dead)
	}
	select {
	case <-m.dead: // the call was under way when the process died
		<-m.buried
		return errDead
	default:
		return err
	}
}

func (m *mortal) Claim(ctx context.Context, limit int, lease, pace time.Duration) (batches []inbox.Batch, err error) {
	err = m.call(func() error {
		batches, err = m.stage.Claim(ctx, limit, lease, pace)
		return err
	})
	return batches, err
}

func (m *mortal) Delivered(ctx context.Context, rowIDs []int64) error {
	return m.call(func() error { return m.stage.Delivered(ctx, rowIDs) })
}

func (m *mortal) Ignored(ctx context.Context, rowIDs []int64, why string) error {
	return m.call(func() error { return m.stage.Ignored(ctx, rowIDs, why) })
}

func (m *mortal) Release(ctx context.Context, rowIDs []int64, again time.Duration, cause string, counted bool) error {
	return m.call(func() error { return m.stage.Release(ctx, rowIDs, again, cause, counted) })
}

func (m *mortal) MarkDead(ctx context.Context, rowIDs []int64, why string) error {
	return m.call(func() error { return m.stage.MarkDead(ctx, rowIDs, why) })
}

func (m *mortal) Sweep(ctx context.Context, patience, retention time.Duration) (buried int64, err error) {
	err = m.call(func() error {
		buried, err = m.stage.Sweep(ctx, patience, retention)
		return err
	})
	return buried, err
}

func (m *mortal) Deliver(ctx context.Context, b inbox.Batch) error {
	return m.call(func() error { return m.stage.Deliver(ctx, b) })
}

func TestDispatcher_twoReplicasKeepThePaceOfAnItemTogether(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.enrol(t, "itm_1")
	opts := quick
	opts.Pace, opts.Lease = 200*time.Millisecond, time.Minute
	for range 3 {
		dispatch(t, s, opts)
	}
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		s.receive(t, "itm_1", item.FromWebhook)
	}
	require.Eventually(t, func() bool { return len(s.open(t)) == 0 }, 20*time.Second, 5*time.Millisecond)
	s.temporal.mu.Lock()
	defer s.temporal.mu.Unlock()
	at := s.temporal.signals["itm_1"]
	require.Greater(t, len(at), 4)
	for i := 1; i < len(at); i++ {
		require.GreaterOrEqual(t, at[i].Sub(at[i-1]), opts.Pace, "signal %d of %d came too early", i+1, len(at))
	}
}

func TestDispatcher_rowThatTheRealInboxRefusesToMarkStopsNoOtherItem(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.enrol(t, "poison", "itm_1")
	poison := s.receive(t, "poison", item.FromWebhook)
	s.exec(t, fmt.Sprintf(`ALTER TABLE inbox ADD CONSTRAINT poison CHECK (inbox_id <> %d OR state = 'pending')`, poison))
	dispatch(t, s, quick)
	for range 20 {
		id := s.receive(t, "itm_1", item.FromWebhook)
		require.Eventually(t, func() bool { return s.temporal.has(id) }, 10*time.Second, time.Millisecond)
	}
	require.Eventually(t, func() bool { return len(s.open(t)) == 1 }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, []int64{poison}, s.open(t))
	s.exec(t, `ALTER TABLE inbox DROP CONSTRAINT poison`)
	require.Eventually(t, func() bool { return len(s.open(t)) == 0 }, 10*time.Second, 5*time.Millisecond, "and it is marked once it can be")
}
