package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/neighbour"
	"relink/internal/postgres"
)

// draws is a second neighbour: it wants the opening of an incident, an hour later.
type draws struct{ neighbour.Neighbour }

func (draws) Name() string { return "draws" }

func (draws) Wants(e neighbour.Event) (neighbour.Wanted, bool) {
	return neighbour.Wanted{Event: "draw.hold", Key: e.Key(), NotBefore: e.At.Add(time.Hour)}, e.Step == item.Opened
}

// message writes a message to the platform.
func (b bundle) message(t *testing.T, key string) {
	t.Helper()
	b.exec(t, `INSERT INTO outbox (key, destination, item_id, event, payload) VALUES ($1, 'platform', 'itm_1', `+
		`'item.connected', '{"at": "2026-11-22T12:00:00Z"}')`, key)
}

func (b bundle) claimedMessages(t *testing.T, limit int) (keys []string) {
	t.Helper()
	return b.claimedFor(t, limit, neighbour.Platform)
}

func (b bundle) claimedFor(t *testing.T, limit int, destinations ...string) (keys []string) {
	t.Helper()
	messages, err := b.ClaimMessages(t.Context(), destinations, limit, time.Minute)
	require.NoError(t, err)
	for _, m := range messages {
		keys = append(keys, m.Key)
	}
	return keys
}

func TestRecord_withoutNeighboursNothingIsEnqueued(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	silent, err := postgres.Open(t.Context(), b.raw.Config().ConnString())
	require.NoError(t, err)
	t.Cleanup(silent.Close)
	require.NoError(t, silent.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon)}))
	require.Empty(t, b.enqueued(t, "itm_1"))
	require.Len(t, b.audited(t, "itm_1"), 2, "the rest is recorded as ever")

	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon), closed(1, noon.Add(time.Hour))}))
	require.Equal(t, []string{"platform/itm_1/1/closed item.connected"}, b.enqueued(t, "itm_1"), "old news is no news")
}

func TestClaimMessages_aClaimedOneIsNobodyElsesUntilItsLeaseEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, key := range []string{"1", "2", "3"} {
		b.message(t, key)
	}
	require.Equal(t, []string{"1", "2"}, b.claimedMessages(t, 2), "oldest first")
	require.Equal(t, []string{"3"}, b.claimedMessages(t, 2))
	require.Empty(t, b.claimedMessages(t, 2))

	b.exec(t, `UPDATE outbox SET lease_until = now() WHERE key = '2'`)
	require.Equal(t, []string{"2"}, b.claimedMessages(t, 2))
	require.NoError(t, b.ReleaseMessages(t.Context(), []string{"1"}, 0))
	require.NoError(t, b.ReleaseMessages(t.Context(), []string{"3"}, time.Hour))
	require.Equal(t, []string{"1"}, b.claimedMessages(t, 2))

	require.NoError(t, b.MessagesStarted(t.Context(), []string{"1", "2"}))
	require.NoError(t, b.ReleaseMessages(t.Context(), []string{"1", "2", "3"}, 0), "too late for those that are started")
	require.Equal(t, []string{"3"}, b.claimedMessages(t, 9))
}

func TestClaimMessages_manyClaimEachMessageOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `INSERT INTO outbox (key, destination, item_id, event, payload) SELECT n, 'platform', 'itm_1', `+
		`'item.connected', '{}' FROM generate_series(1, 400) AS n`)
	claimed := make([][]neighbour.Envelope, 8)
	requireNoErrors(t, atOnce(8, func(i int) (err error) {
		claimed[i], err = b.ClaimMessages(t.Context(), []string{neighbour.Platform}, 100, time.Minute)
		return err
	}))
	for b.count(t, `SELECT count(*) FROM outbox WHERE lease_until IS NULL`) > 0 { // those that looked while others held the rows
		more, err := b.ClaimMessages(t.Context(), []string{neighbour.Platform}, 100, time.Minute)
		require.NoError(t, err)
		claimed = append(claimed, more)
	}
	var keys []string
	for _, m := range slices.Concat(claimed...) {
		keys = append(keys, m.Key)
	}
	slices.Sort(keys)
	require.Len(t, keys, 400)
	require.Len(t, slices.Compact(keys), 400)
}

func TestMessage_isReadWithItsContentAndItsItemAsTheyAreNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon)}))
	got, err := b.Message(t.Context(), "platform/itm_1/1/opened")
	require.NoError(t, err)
	require.JSONEq(t, `{"item_id":"itm_1","incident":1,"state":"login_required","cause":"credentials",`+
		`"at":"2026-11-22T12:00:00Z"}`, string(got.Payload))
	got.Payload = nil
	require.Equal(t, neighbour.Message{
		Envelope: neighbour.Envelope{Key: "platform/itm_1/1/opened", Destination: neighbour.Platform, Event: "item.login_required"},
		ItemID:   "itm_1", At: noon,
		Now: neighbour.Standing{State: item.LoginRequired, Cause: item.Credentials, Incident: 1},
	}, got)

	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{closed(1, noon.Add(time.Hour))}))
	b.exec(t, `UPDATE items SET hubspot_deal_id = 'deal_1', marqeta_user_token = 'user_1'`)
	got, err = b.Message(t.Context(), "platform/itm_1/1/opened")
	require.NoError(t, err)
	require.Equal(t, "item.login_required", got.Event)
	require.Equal(t, neighbour.Standing{State: item.Connected, Incident: 1, HubSpotDealID: "deal_1", MarqetaUserToken: "user_1"}, got.Now)

	_, err = b.Message(t.Context(), "platform/itm_1/2/opened")
	require.ErrorIs(t, err, neighbour.ErrNoMessage)
}

func TestMessage_aWebhookThatGoesOnIsReadFromItsInboxRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	receipt, err := b.Receive(t.Context(), inbox.Entry{
		Source: item.FromWebhook, Environment: "sandbox", ItemID: "itm_of_nobody", Code: "TRANSACTIONS/SYNC_UPDATES_AVAILABLE",
		DeliveryKey: []byte("delivery 1"), RawSealed: []byte("sealed"), Forward: true, Ignored: "no business of ours",
	})
	require.NoError(t, err)
	var received time.Time
	require.NoError(t, b.raw.QueryRow(t.Context(), `
		UPDATE inbox SET received_at = $2 WHERE inbox_id = $1 RETURNING received_at`, receipt.RowID, noon).Scan(&received))
	messages, err := b.ClaimMessages(t.Context(), []string{neighbour.Platform}, 9, time.Minute)
	require.NoError(t, err)
	require.Len(t, messages, 1)
	require.Equal(t, neighbour.PlaidWebhook, messages[0].Event)
	got, err := b.Message(t.Context(), messages[0].Key)
	require.NoError(t, err)
	require.Equal(t, neighbour.Message{
		Envelope: messages[0], ItemID: "itm_of_nobody", At: noon, DeliveryKey: []byte("delivery 1"), RawSealed: []byte("sealed"),
	}, got)

	b.exec(t, `UPDATE inbox SET raw_sealed = NULL`)
	got, err = b.Message(t.Context(), messages[0].Key)
	require.NoError(t, err)
	require.Nil(t, got.RawSealed)
}

func TestMessageDelivered_staysDelivered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.message(t, "1")
	require.NoError(t, b.MessageFailed(t.Context(), "1", "platform: status 503"))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL AND failure = 'platform: status 503'`))
	require.NoError(t, b.MessageDelivered(t.Context(), "1"), "a late try reached it")
	require.NoError(t, b.MessageFailed(t.Context(), "1", "too late"))
	before := b.dump(t)
	require.NoError(t, b.MessageDelivered(t.Context(), "1"))
	require.Equal(t, before, b.dump(t))
	require.Equal(t, 1, b.count(t, `SELECT count(*) FROM outbox WHERE delivered_at IS NOT NULL AND failed_at IS NULL AND failure = ''`))
	got, err := b.Message(t.Context(), "1")
	require.NoError(t, err)
	require.True(t, got.Delivered)
}

func TestOutboxDepth_countsWhatTheNeighbourDoesNotHave(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rows, oldest, err := b.OutboxDepth(t.Context(), neighbour.Platform)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"waiting": 0, "under_way": 0, "failed": 0}, rows)
	require.Zero(t, oldest)

	for _, key := range []string{"failed", "delivered", "under way", "waiting"} {
		b.message(t, key)
	}
	b.exec(t, `UPDATE outbox SET created_at = now() - interval '1 day' WHERE key IN ('failed', 'delivered')`)
	b.exec(t, `UPDATE outbox SET created_at = now() - interval '1 hour' WHERE key = 'under way'`)
	require.NoError(t, b.MessagesStarted(t.Context(), []string{"failed", "delivered", "under way"}))
	require.NoError(t, b.MessageFailed(t.Context(), "failed", "gone"))
	require.NoError(t, b.MessageDelivered(t.Context(), "delivered"))
	rows, oldest, err = b.OutboxDepth(t.Context(), neighbour.Platform)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"waiting": 1, "under_way": 1, "failed": 1}, rows)
	require.InDelta(t, time.Hour.Seconds(), oldest.Seconds(), 60)

	b.exec(t, `UPDATE outbox SET not_before = now() - interval '1 minute' WHERE key = 'under way'`)
	_, oldest, err = b.OutboxDepth(t.Context(), neighbour.Platform)
	require.NoError(t, err)
	require.InDelta(t, time.Minute.Seconds(), oldest.Seconds(), 10, "since it is due")
	b.exec(t, `UPDATE outbox SET not_before = now() + interval '1 day' WHERE delivered_at IS NULL`)
	_, oldest, err = b.OutboxDepth(t.Context(), neighbour.Platform)
	require.NoError(t, err)
	require.Zero(t, oldest, "what is not due is not late")
	rows, _, err = b.OutboxDepth(t.Context(), "draws")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"waiting": 0, "under_way": 0, "failed": 0}, rows, "each neighbour is measured alone")
}

func TestRecord_eachNeighbourThatWantsAnEventGetsARow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	all := neighbour.Neighbours{thePlatform(t), draws{}}
	two, err := postgres.Open(t.Context(), b.raw.Config().ConnString(), postgres.WithNeighbours(all.Rows))
	require.NoError(t, err)
	t.Cleanup(two.Close)
	require.NoError(t, two.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon), closed(1, noon.Add(time.Minute))}))
	require.Equal(t, []string{
		"platform/itm_1/1/opened item.login_required", "draws/itm_1/1/opened draw.hold", "platform/itm_1/1/closed item.connected",
	}, b.enqueued(t, "itm_1"))
	before := b.dump(t)
	require.NoError(t, two.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon), closed(1, noon.Add(time.Minute))}))
	require.Equal(t, before, b.dump(t), "once by its key")
}

func TestClaimMessages_onlyThoseThatAreDueAndOfTheseDestinations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, key := range []string{"platform/1", "platform/2", "draws/1"} {
		b.message(t, key)
	}
	b.exec(t, `UPDATE outbox SET destination = 'draws' WHERE key = 'draws/1'`)
	b.exec(t, `UPDATE outbox SET not_before = now() + interval '1 hour' WHERE key = 'platform/1'`)
	require.Empty(t, b.claimedFor(t, 9))
	require.Empty(t, b.claimedFor(t, 9, "crm"))
	require.Equal(t, []string{"draws/1"}, b.claimedFor(t, 9, "draws", "crm"))
	require.Equal(t, []string{"platform/2"}, b.claimedFor(t, 9, "draws", neighbour.Platform))
	b.exec(t, `UPDATE outbox SET not_before = now() WHERE key = 'platform/1'`)
	require.Equal(t, []string{"platform/1"}, b.claimedFor(t, 9, neighbour.Platform))
}
