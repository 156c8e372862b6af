package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relink/internal/blackbox"
	"relink/internal/neighbour/registry"
	"relink/internal/testkit"
	"relink/test/e2e/echo"
	"relink/workflows"
)

// cardIssuer is the server of the neighbour echo.
type cardIssuer struct {
	mu     sync.Mutex
	status int // of its responses
	heard  []heard
}

type heard struct {
	echo.Heard
	at     time.Time
	status int
}

func (i *cardIssuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	got := heard{at: time.Now(), status: i.status}
	if err := json.NewDecoder(r.Body).Decode(&got.Heard); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	i.heard = append(i.heard, got)
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(i.status)
}

func (i *cardIssuer) responds(status int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.status = status
}

// of returns the messages of an event that got a status.
func (i *cardIssuer) of(event string, status int) (found []heard) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, h := range i.heard {
		if h.Event == event && h.status == status {
			found = append(found, h)
		}
	}
	return found
}

// await waits for the first message of an event that gets a status.
func (i *cardIssuer) await(t *testing.T, ctx context.Context, event string, status int) heard {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, "a message "+event, func(context.Context) (bool, error) {
		return len(i.of(event, status)) > 0, nil
	}))
	return i.of(event, status)[0]
}

// startWithEcho starts a stack with the platform and one more neighbour, which needs only a line of the registry.
func startWithEcho(t *testing.T) (*stack, *platform, *cardIssuer) {
	t.Helper()
	p, i := newPlatform(t), &cardIssuer{status: http.StatusOK}
	return startWith(t, testkit.Temporal(t), options{
		log: testkit.Logger(t).WithOptions(zap.IncreaseLevel(zapcore.InfoLevel)), platform: p,
		lines: []registry.Line{echo.Open(serve(t, i))},
	}), p, i
}

func TestNeighbour_secondGetsItsEventsOnceWhileThePlatformIsDown(t *testing.T) {
	t.Parallel()
	s, p, i := startWithEcho(t)
	ctx := within(t, 2*patience)
	p.responds(func(_ int, _ received, w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	it, link := broken(t, s, ctx)
	hold := i.await(t, ctx, "echo.hold", http.StatusOK)
	require.Equal(t, echo.Heard{Key: "echo/" + it.ID + "/1/opened", Event: "echo.hold", Item: hold.Item, Now: "login_required"}, hold.Heard)
	require.GreaterOrEqual(t, hold.at.Sub(it.BrokenSince), echo.HoldAfter, "not before its time")
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	release := i.await(t, ctx, "echo.release", http.StatusOK)
	require.Equal(t, "connected", string(release.Now))
	require.Zero(t, s.counted(t, ctx, `SELECT count(*) FROM outbox WHERE destination = 'platform' AND delivered_at IS NOT NULL`))

	p.responds(nil)
	s.awaitOutbox(t, ctx)
	require.NotEmpty(t, p.all(t, ofType("item.connected")))
	require.Len(t, i.of("echo.hold", http.StatusOK), 1)
	require.Len(t, i.of("echo.release", http.StatusOK), 1)
	require.Equal(t, 2, s.counted(t, ctx, `SELECT count(*) FROM outbox WHERE destination = 'echo'`))

	id := workflows.DeliveryID("sandbox", hold.Key)
	run := s.temporal.GetWorkflow(ctx, id, "")
	require.NoError(t, run.Get(ctx, nil))
	history, err := s.historyOf(ctx, id, run.GetRunID())
	require.NoError(t, err)
	sending := history.GetEvents()[4].GetActivityTaskScheduledEventAttributes()
	require.Equal(t, "SendMessage", sending.GetActivityType().GetName())
	require.Equal(t, s.queue+"-echo", sending.GetTaskQueue().GetName())
	s.keptRun(t, ctx, "deliver-to-a-neighbour", id, run.GetRunID())
	metrics := ""
	require.NoError(t, blackbox.Call(ctx, "GET", s.admin+"/metrics", "", nil, &metrics))
	require.Contains(t, metrics, `relink_deliveries_total{destination="echo",event="echo",outcome="delivered"} 2`)
	require.Contains(t, metrics, `relink_outbox_rows{destination="echo",state="failed"} 0`)
}

func TestNeighbour_secondThatIsDownHoldsNeitherPlatformNorItem(t *testing.T) {
	t.Parallel()
	s, p, i := startWithEcho(t)
	ctx := within(t, 2*patience)
	i.responds(http.StatusServiceUnavailable)
	it, link := broken(t, s, ctx)
	p.await(t, ctx, 1, ofType("item.login_required"))
	i.await(t, ctx, "echo.hold", http.StatusServiceUnavailable)
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	p.await(t, ctx, 1, ofType("item.connected"))
	require.Zero(t, s.counted(t, ctx, `SELECT count(*) FROM outbox WHERE destination = 'echo' AND delivered_at IS NOT NULL`))

	i.responds(http.StatusOK)
	s.awaitOutbox(t, ctx)
	hold := i.of("echo.hold", http.StatusOK)
	require.Len(t, hold, 1)
	require.Equal(t, "connected", string(hold[0].Now), "the message is read anew: by now there is nothing to hold")
	require.Len(t, i.of("echo.release", http.StatusOK), 1)
	require.Len(t, p.all(t, ofType("item.login_required", "item.connected")), 2, "each once")
}
