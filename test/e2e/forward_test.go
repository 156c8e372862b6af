package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relink/internal/blackbox"
	"relink/internal/testkit"
	"relink/workflows"
)

// startForwarding starts a stack with a platform.
func startForwarding(t *testing.T) (*stack, *platform) {
	t.Helper()
	p := newPlatform(t)
	return startWith(t, testkit.Temporal(t), options{log: testkit.Logger(t).WithOptions(zap.IncreaseLevel(zapcore.InfoLevel)), platform: p}), p
}

// counted returns a number from the database.
func (s *stack) counted(t *testing.T, ctx context.Context, sql string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(ctx, s.database)
	require.NoError(t, err)
	defer conn.Close(ctx)
	require.NoError(t, conn.QueryRow(ctx, sql, args...).Scan(&n))
	return n
}

// awaitOutbox waits until no message is under way any more.
func (s *stack) awaitOutbox(t *testing.T, ctx context.Context) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, "all messages to have ended", func(ctx context.Context) (bool, error) {
		return s.counted(t, ctx, `SELECT count(*) FROM outbox WHERE delivered_at IS NULL AND failed_at IS NULL`) == 0, nil
	}))
}

func TestForward_sendsTheWebhookAsPlaidSignedIt(t *testing.T) {
	t.Parallel()
	s, p := startForwarding(t)
	ctx := within(t, patience)
	it, r := linkedThrough(t, s, ctx)
	fire := func(kind, code string, fields map[string]any) recorded {
		statuses, _, err := s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": kind, "webhook_code": code, "fields": fields})
		require.NoError(t, err)
		require.Equal(t, []int{200}, statuses)
		return <-r.calls
	}
	sent := fire("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE", map[string]any{"note": "<&> é"})
	fire("LINK", "SESSION_FINISHED", nil)
	for range 2 { // Plaid delivers at least once
		status, err := post(ctx, s.WebhookURL(), sent.token, sent.body)
		require.NoError(t, err)
		require.Equal(t, 200, status)
	}
	got := p.await(t, ctx, 1, webhookCoded("SYNC_UPDATES_AVAILABLE"))[0]
	require.Equal(t, string(sent.body), string(got.passedOn(t)), "byte for byte")
	require.True(t, strings.HasPrefix(got.id, "sandbox/plaid%2Ewebhook/"), got.id)
	require.Empty(t, got.header.Get("Plaid-Verification"), "Plaid's signature is for relink to check")

	s.awaitOutbox(t, ctx)
	require.Len(t, p.all(t, webhookCoded("SYNC_UPDATES_AVAILABLE")), 1)
	require.Equal(t, 1, s.counted(t, ctx, `SELECT count(*) FROM outbox`))
	require.Equal(t, 1, s.counted(t, ctx, `SELECT count(*) FROM inbox WHERE code = 'LINK/SESSION_FINISHED'`), "it is stored and not forwarded")
}

func TestForward_sendsAWebhookOfAnUnknownItem(t *testing.T) {
	t.Parallel()
	s, p := startForwarding(t)
	ctx := within(t, patience)
	public, err := s.PublicToken(ctx, "ins_109508", s.WebhookURL())
	require.NoError(t, err)
	var linked struct {
		ItemID string `json:"item_id"`
	}
	require.NoError(t, blackbox.Call(ctx, "POST", s.Sandbox+"/item/public_token/exchange", "",
		map[string]any{"client_id": s.ClientID, "secret": s.Secret, "public_token": public}, &linked))
	_, _, err = s.Fire(ctx, map[string]any{"item_id": linked.ItemID, "webhook_type": "TRANSACTIONS", "webhook_code": "DEFAULT_UPDATE"})
	require.NoError(t, err)
	got := p.await(t, ctx, 1, everything)[0]
	require.Contains(t, string(got.passedOn(t)), linked.ItemID)
	require.Zero(t, s.counted(t, ctx, `SELECT count(*) FROM items`))
}

func TestPlatform_getsAnIncidentFromOpeningToEnd(t *testing.T) {
	t.Parallel()
	s, p := startForwarding(t)
	ctx := within(t, patience)
	it, link := broken(t, s, ctx)
	opened := p.await(t, ctx, 1, ofType("item.login_required"))[0]
	require.Equal(t, it.ID, opened.itemID())
	require.Contains(t, string(opened.Data), `"credentials"`)
	require.WithinDuration(t, it.BrokenSince, opened.Time, time.Second, "when it happened, not when it is sent")
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	p.await(t, ctx, 1, ofType("item.connected"))
	s.awaitOutbox(t, ctx)
	require.Len(t, p.all(t, ofType("item.login_required", "item.connected")), 2)
	require.Len(t, p.all(t, webhookCoded("ERROR")), 1)

	ids := map[string]bool{}
	all := p.all(t, everything)
	for _, got := range all {
		ids[got.id] = true
	}
	require.Len(t, ids, len(all), "each once")
	metrics := ""
	require.NoError(t, blackbox.Call(ctx, "GET", s.admin+"/metrics", "", nil, &metrics))
	require.Contains(t, metrics, `relink_deliveries_total{destination="platform",event="item",outcome="delivered"} 2`)
	require.Contains(t, metrics, `relink_outbox_rows{destination="platform",state="under_way"} 0`)
}

func TestPlatform_thatThrottlesGetsTheMessageLater(t *testing.T) {
	t.Parallel()
	s, p := startForwarding(t)
	ctx := within(t, patience)
	p.responds(func(try int, _ received, w http.ResponseWriter) {
		if try == 1 {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	it, _ := linkedThrough(t, s, ctx)
	_, _, err := s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "TRANSACTIONS", "webhook_code": "DEFAULT_UPDATE"})
	require.NoError(t, err)
	tries := p.await(t, ctx, 2, webhookCoded("DEFAULT_UPDATE"))
	require.Equal(t, tries[0].id, tries[1].id)
	require.Equal(t, tries[0].body, tries[1].body)
	gap := tries[1].at.Sub(tries[0].at)
	require.GreaterOrEqual(t, gap, 2*time.Second)
	s.awaitOutbox(t, ctx)
	require.Len(t, p.all(t, webhookCoded("DEFAULT_UPDATE")), 2, "once it is accepted, that is all")
}

func TestPlatform_thatIsDownHoldsNoItem(t *testing.T) {
	t.Parallel()
	s, p := startForwarding(t)
	ctx := within(t, 2*patience)
	p.responds(func(_ int, _ received, w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	it, link := broken(t, s, ctx) // opened, and mailed
	p.await(t, ctx, 1, ofType("item.login_required"))
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	_, err := s.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
	require.Zero(t, s.counted(t, ctx, `SELECT count(*) FROM outbox WHERE delivered_at IS NOT NULL`), "the platform was down all the time")

	p.responds(nil)
	s.awaitOutbox(t, ctx)
	require.Zero(t, s.counted(t, ctx, `SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL`))
	require.NotEmpty(t, p.all(t, ofType("item.connected")))
}

func TestPlatform_everyEndOfADeliveryReplays(t *testing.T) {
	t.Parallel()
	s, p := startForwarding(t)
	ctx := within(t, patience)
	it, _ := linkedThrough(t, s, ctx)
	p.responds(func(_ int, got received, w http.ResponseWriter) {
		if webhookCoded("HISTORICAL_UPDATE")(got) {
			w.WriteHeader(http.StatusGone)
		}
	})
	for _, c := range []struct {
		code   string
		status enumspb.WorkflowExecutionStatus
		as     string
	}{
		{"DEFAULT_UPDATE", enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, "deliver-webhook"},
		{"HISTORICAL_UPDATE", enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, "deliver-given-up"},
	} {
		_, _, err := s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_type": "TRANSACTIONS", "webhook_code": c.code})
		require.NoError(t, err)
		got := p.await(t, ctx, 1, webhookCoded(c.code))[0]
		id := workflows.DeliveryID("sandbox", strings.ReplaceAll(strings.TrimPrefix(got.id, "sandbox/"), "%2E", "."))
		run := s.temporal.GetWorkflow(ctx, id, "")
		err = run.Get(ctx, nil)
		require.Equal(t, c.status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, err != nil)
		d, err := s.temporal.DescribeWorkflow(ctx, id, "")
		require.NoError(t, err)
		require.Equal(t, c.status, d.Status)
		summary, err := d.GetStaticSummary()
		require.NoError(t, err)
		require.Equal(t, "plaid.webhook to the platform", summary)
		environment, _ := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword("RelinkEnvironment"))
		require.Equal(t, "sandbox", environment)
		history, err := s.historyOf(ctx, id, run.GetRunID())
		require.NoError(t, err)
		sending := history.GetEvents()[4].GetActivityTaskScheduledEventAttributes()
		require.Equal(t, "TellPlatform", sending.GetActivityType().GetName())
		require.JSONEq(t, `{"key":"`+strings.TrimPrefix(id, "deliver-sandbox-")+`"}`,
			string(sending.GetInput().GetPayloads()[0].GetData()), "the history holds no body")
		require.Equal(t, 72*time.Hour, sending.GetScheduleToCloseTimeout().AsDuration())
		require.Equal(t, time.Hour, sending.GetRetryPolicy().GetMaximumInterval().AsDuration())
		s.keptRun(t, ctx, c.as, id, run.GetRunID())
	}
	require.Len(t, p.all(t, webhookCoded("HISTORICAL_UPDATE")), 1, "410 is final")
	require.Equal(t, 1, s.counted(t, ctx, `SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL AND failure LIKE '%status 410'`))
}
