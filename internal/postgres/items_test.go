package postgres_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mailing"
)

func opened(incident int, at time.Time) item.Transition {
	return item.Transition{
		Incident: incident, Step: item.Opened, From: item.Connected, To: item.LoginRequired, Cause: item.Credentials,
		At: at, PlaidSays: "ITEM_LOGIN_REQUIRED", InboxIDs: []int64{7},
	}
}

func changed(incident, change int, to item.State, cause item.Cause, at time.Time) item.Transition {
	return item.Transition{
		Incident: incident, Step: item.Changed, Change: change, From: item.LoginRequired, To: to, Cause: cause, At: at,
	}
}

func escalated(incident int, at time.Time) item.Transition {
	return item.Transition{
		Incident: incident, Step: item.Escalated, From: item.LoginRequired, To: item.LoginRequired, Cause: item.Credentials, At: at,
	}
}

func closed(incident int, at time.Time) item.Transition {
	return item.Transition{Incident: incident, Step: item.Closed, From: item.LoginRequired, To: item.Connected, At: at}
}

// enqueued returns the keys and events of the messages about an Item, oldest first.
func (b bundle) enqueued(t *testing.T, id item.ID) []string {
	t.Helper()
	rows, err := b.raw.Query(t.Context(), `SELECT key || ' ' || event FROM outbox WHERE item_id = $1 ORDER BY outbox_id`, id)
	require.NoError(t, err)
	events, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return events
}

func (b bundle) audited(t *testing.T, id item.ID) []string {
	t.Helper()
	rows, err := b.raw.Query(t.Context(), `SELECT kind || ' ' || key FROM audit WHERE item_id = $1 ORDER BY seq`, id)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return lines
}

func (b bundle) life(t *testing.T, id item.ID) item.Life {
	t.Helper()
	_, life, err := b.Load(t.Context(), id)
	require.NoError(t, err)
	return life
}

func TestRecord_movesProjectionAuditAndOutboxTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon)}))

	require.Equal(t, item.Life{State: item.LoginRequired, Cause: item.Credentials, Incident: 1, BrokenSince: noon}, b.life(t, "itm_1"))
	require.Equal(t, []string{"enrolled enrolled", "incident_opened incident/1/opened"}, b.audited(t, "itm_1"))
	require.Equal(t, []string{"platform/itm_1/1/opened item.login_required"}, b.enqueued(t, "itm_1"))

	var data, payload string
	require.NoError(t, b.raw.QueryRow(t.Context(), `SELECT data::text FROM audit WHERE seq = 2`).Scan(&data))
	var stored item.Transition
	require.NoError(t, json.Unmarshal([]byte(data), &stored))
	require.Equal(t, opened(1, noon), stored, "the audit keeps the evidence")
	require.NoError(t, b.raw.QueryRow(t.Context(), `SELECT payload::text FROM outbox`).Scan(&payload))
	require.JSONEq(t, `{"item_id":"itm_1","incident":1,"state":"login_required","cause":"credentials","at":"2026-11-22T12:00:00Z"}`, payload)
}

func TestRecord_sameTransitionTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	story := []item.Transition{opened(1, noon), closed(1, noon.Add(time.Hour))}
	require.NoError(t, b.Record(t.Context(), "itm_1", story))
	before := b.dump(t)
	require.NoError(t, b.Record(t.Context(), "itm_1", story[:1]), "a late retry of an earlier step")
	require.NoError(t, b.Record(t.Context(), "itm_1", story))
	require.Equal(t, before, b.dump(t))

	requireNoErrors(t, atOnce(8, func(int) error {
		return b.Record(t.Context(), "itm_1", []item.Transition{opened(2, noon.Add(2*time.Hour))})
	}))
	require.Len(t, b.enqueued(t, "itm_1"), 3)
	require.Len(t, b.audited(t, "itm_1"), 4)
}

func TestRecord_enqueuesEveryStepOfAnIncident(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{
		opened(1, noon),
		changed(1, 1, item.LoginRequired, item.MFA, noon.Add(time.Minute)),
		changed(1, 2, item.Revoked, item.ConsentRevoked, noon.Add(2*time.Minute)),
		escalated(1, noon.Add(3*time.Minute)),
		closed(1, noon.Add(4*time.Minute)),
		opened(2, noon.Add(5*time.Minute)),
	}))
	require.Equal(t, []string{
		"platform/itm_1/1/opened item.login_required",
		"platform/itm_1/1/changed-1 item.login_required",
		"platform/itm_1/1/changed-2 item.revoked",
		"platform/itm_1/1/closed item.connected",
		"platform/itm_1/2/opened item.login_required",
	}, b.enqueued(t, "itm_1"), "who is alerted is nobody's business but ours")
}

func TestRecord_keepsAnIncidentsBeginningUntilItCloses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{
		opened(1, noon), changed(1, 1, item.Revoked, item.ConsentRevoked, noon.Add(time.Hour)),
	}))
	require.Equal(t, item.Life{
		State: item.Revoked, Cause: item.ConsentRevoked, Incident: 1, Changes: 1, BrokenSince: noon,
	}, b.life(t, "itm_1"))

	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{closed(1, noon.Add(2*time.Hour))}))
	require.Equal(t, item.Connected, b.life(t, "itm_1").State)
	require.Zero(t, b.life(t, "itm_1").BrokenSince)

	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(2, noon.Add(3*time.Hour))}))
	require.Equal(t, noon.Add(3*time.Hour), b.life(t, "itm_1").BrokenSince)
	require.Zero(t, b.life(t, "itm_1").Changes, "a new incident counts its changes anew")
}

func TestRecord_escalationForgetsNoChange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{
		opened(1, noon), changed(1, 1, item.LoginRequired, item.MFA, noon.Add(time.Minute)), escalated(1, noon.Add(time.Hour)),
	}))
	require.Equal(t, 1, b.life(t, "itm_1").Changes, "else the next change would take a key that is taken")
}

func TestRecord_ruleViolationKeepsTheStateAndIsAuditedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	refused := item.Transition{
		Incident: 1, Step: item.RuleViolation, From: item.LoginRequired, To: item.LoginRequired, Cause: item.Credentials,
		By: item.ExpiryPassed, Refused: item.Connected, Why: "refused", At: noon.Add(time.Hour),
	}
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon)}))
	before, enqueued := b.life(t, "itm_1"), b.enqueued(t, "itm_1")
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{refused}))
	refused.At = refused.At.Add(time.Hour)
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{refused}))
	require.Equal(t, before, b.life(t, "itm_1"))
	require.Equal(t, enqueued, b.enqueued(t, "itm_1"), "no neighbour needs to know")
	var audited int
	require.NoError(t, b.raw.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE kind = 'incident_rule_violation'`).Scan(&audited))
	require.Equal(t, 1, audited)
}

func TestRecord_removedItemIsBrokenNoLonger(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	gone := item.Transition{Incident: 1, Step: item.Closed, From: item.LoginRequired, To: item.Removed, Cause: item.Gone, At: noon}
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon), gone}))
	require.Equal(t, item.Life{State: item.Removed, Cause: item.Gone, Incident: 1}, b.life(t, "itm_1"))
	_, connections, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	require.Empty(t, connections, "a merchant is not shown what is gone")
}

func TestRecord_failingStatementLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.exec(t, `ALTER TABLE outbox ADD CHECK (event <> 'item.revoked')`)
	before := b.dump(t)
	err := b.Record(t.Context(), "itm_1", []item.Transition{
		opened(1, noon), changed(1, 1, item.Revoked, item.ConsentRevoked, noon),
	})
	require.ErrorContains(t, err, "insert into outbox")
	require.Equal(t, before, b.dump(t))
}

func TestRecord_failsForAnUnknownItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := b.dump(t)
	require.ErrorIs(t, b.Record(t.Context(), "itm_1", []item.Transition{opened(1, noon)}), item.ErrUnknown)
	require.Equal(t, before, b.dump(t))
}

func TestLoad_returnsTheExpiryOfAnItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	ends := noon.Add(week)
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{{
		Incident: 1, Step: item.Opened, From: item.Connected, To: item.Expiring, Cause: item.ConsentExpiring, At: noon, EndsAt: ends,
	}}))
	life := b.life(t, "itm_1")
	require.Equal(t, item.Expiring, life.State)
	require.Equal(t, ends, life.Expiry.At)
	_, connections, err := b.Merchant(t.Context(), "m_1")
	require.NoError(t, err)
	require.Equal(t, ends, connections[0].EndsAt)
	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{closed(1, noon)}))
	require.Zero(t, b.life(t, "itm_1").Expiry)
}

func TestLoad_failsForAnUnknownItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, _, err := b.Load(t.Context(), "itm_1")
	require.ErrorIs(t, err, item.ErrUnknown)
	_, err = b.Token(t.Context(), "itm_1")
	require.ErrorIs(t, err, item.ErrUnknown)
	_, _, err = b.Merchant(t.Context(), "m_1")
	require.ErrorIs(t, err, item.ErrUnknown)
}

func TestLoad_countsTheRemindersOfTheIncident(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakItem(t, "itm_1", "m_1", noon)
	for step := range 2 {
		c := b.claimMail(t, "itm_1", reminder(1, step+1), draft(step))
		require.NoError(t, b.MailEnded(t.Context(), "itm_1", c, noon, mailing.Undelivered{}))
	}
	b.claimMail(t, "itm_1", reminder(1, 3), draft(3))
	require.Equal(t, item.Life{
		State: item.LoginRequired, Cause: item.Credentials, Incident: 1, BrokenSince: noon, Reminders: 2,
	}, b.life(t, "itm_1"))

	require.NoError(t, b.Record(t.Context(), "itm_1", []item.Transition{closed(1, noon.Add(time.Hour)), opened(2, noon.Add(2*time.Hour))}))
	require.Zero(t, b.life(t, "itm_1").Reminders)
}
