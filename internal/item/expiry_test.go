package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func announced(ends time.Time, at time.Time) item.Hinted {
	return item.Hinted{Hint: item.Hint{
		Source: item.FromWebhook, Code: item.PendingDisconnect, Reason: "INSTITUTION_TOKEN_EXPIRATION",
		InboxIDs: []int64{1}, Until: ends, At: at,
	}}
}

func healthy(at time.Time, t item.PlaidStatus) item.Answered { return item.Answered{Status: t, At: at} }

// expiring returns an Item whose end in a week was announced at noon.
func expiring() item.Life {
	return fold(connected(), announced(noon.Add(7*day), noon), item.AskStarted{}, healthy(noon, item.PlaidStatus{}), item.Recorded{Count: 1})
}

func TestExpiry_announcedOpensThoughPlaidNamesNoError(t *testing.T) {
	t.Parallel()
	l := fold(connected(), announced(noon.Add(7*day), noon), item.AskStarted{}, healthy(noon, item.PlaidStatus{}))
	require.Equal(t, item.Expiring, l.State)
	require.Equal(t, item.ConsentExpiring, l.Cause)
	require.Equal(t, item.ExpiryAnnounced, l.Unrecorded[0].By)
	require.Equal(t, noon.Add(7*day), l.Expiry.At)
}

func TestExpiry_byMigrationHasACauseOfItsOwn(t *testing.T) {
	t.Parallel()
	h := announced(noon.Add(7*day), noon)
	h.Hint.Reason = "INSTITUTION_MIGRATION"
	l := fold(connected(), h, item.AskStarted{}, healthy(noon, item.PlaidStatus{}))
	require.Equal(t, item.Migration, l.Cause)
}

func TestExpiry_isNeverClosedByHealthAlone(t *testing.T) {
	t.Parallel()
	l := expiring()
	for d := range 6 {
		l = fold(l, healthy(noon.Add(time.Duration(d)*day), item.PlaidStatus{ConsentExpiresAt: noon.Add(7 * day)}))
		require.Equal(t, item.Expiring, l.State)
	}
}

func TestExpiry_isClosedByAConsentThatMoved(t *testing.T) {
	t.Parallel()
	old := noon.Add(7 * day)
	l := fold(connected(), announced(old, noon), item.AskStarted{},
		healthy(noon, item.PlaidStatus{ConsentExpiresAt: old.Add(30 * time.Second)}), item.Recorded{Count: 1})
	require.Equal(t, item.Expiring, l.State, "the announced end and the stated one may differ a little")
	l = fold(l, healthy(noon.Add(day), item.PlaidStatus{ConsentExpiresAt: old.Add(365 * day)}))
	require.Equal(t, item.Connected, l.State)
	require.Equal(t, item.ConsentMoved, l.Unrecorded[0].By)
}

func TestExpiry_isClosedByALinkSessionSinceItsAnnouncement(t *testing.T) {
	t.Parallel()
	before := fold(expiring(), healthy(noon.Add(time.Hour), item.PlaidStatus{RelinkedAt: noon.Add(-time.Minute)}))
	require.Equal(t, item.Expiring, before.State, "an older session proves nothing")
	l := fold(expiring(), healthy(noon.Add(time.Hour), item.PlaidStatus{RelinkedAt: noon.Add(time.Minute)}))
	require.Equal(t, item.Connected, l.State)
	require.Equal(t, item.LinkedSince, l.Unrecorded[0].By)
}

func TestExpiry_whenItIsReachedPlaidDecides(t *testing.T) {
	t.Parallel()
	ends := noon.Add(7 * day)
	l := fold(expiring(), item.Planned{Incident: 1, Kind: item.Expires, Plan: item.Plan{Exhausted: true, At: ends.Add(day)}, At: noon})
	require.Equal(t, item.Action{Do: item.Wait, Until: ends}, rules.Next(l, noon))
	require.Equal(t, item.Ask, rules.Next(l, ends).Do)
	fine := fold(l, item.AskStarted{}, healthy(ends, item.PlaidStatus{}))
	require.Equal(t, item.Connected, fine.State)
	require.Equal(t, item.ExpiryPassed, fine.Unrecorded[0].By)
	stopped := fold(l, item.AskStarted{}, answered(ends, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.LoginRequired, stopped.State)
	require.Equal(t, 1, stopped.Incident, "one incident from the announcement to the repair")
	require.True(t, stopped.Plan.IsZero(), "the break has a ladder of its own")
	require.Zero(t, stopped.Reminders)
}

func TestExpiry_announcedAgainLateReopensNothing(t *testing.T) {
	t.Parallel()
	l := fold(expiring(), healthy(noon.Add(time.Hour), item.PlaidStatus{RelinkedAt: noon.Add(time.Minute)}), item.Recorded{Count: 1})
	require.Equal(t, item.Connected, l.State)
	l = fold(l, announced(noon.Add(7*day), noon.Add(2*time.Hour)), item.AskStarted{}, healthy(noon.Add(2*time.Hour), item.PlaidStatus{}))
	require.Equal(t, item.Connected, l.State, "the same end, announced again late, is closed already")
	l = fold(l, announced(noon.Add(370*day), noon.Add(363*day)), item.AskStarted{}, healthy(noon.Add(363*day), item.PlaidStatus{}))
	require.Equal(t, item.Expiring, l.State, "next year's is not")
}

func TestExpiry_within30DaysOpensWithoutAnyWebhook(t *testing.T) {
	t.Parallel()
	l := fold(connected(), healthy(noon, item.PlaidStatus{ConsentExpiresAt: noon.Add(31 * day)}))
	require.Equal(t, item.Connected, l.State)
	l = fold(l, healthy(noon, item.PlaidStatus{ConsentExpiresAt: noon.Add(30 * day)}))
	require.Equal(t, item.Expiring, l.State)
	require.Equal(t, item.ExpiryNear, l.Unrecorded[0].By)
	l = fold(l, item.Recorded{Count: 1}, healthy(noon, item.PlaidStatus{ConsentExpiresAt: noon.Add(365 * day)}))
	require.Equal(t, item.Connected, l.State)
}

func TestExpiry_outlivesABreakThatIsRepairedBeforeIt(t *testing.T) {
	t.Parallel()
	l := fold(expiring(), answered(noon.Add(day), "ITEM_LOGIN_REQUIRED"), healthy(noon.Add(2*day), item.PlaidStatus{}))
	require.Equal(t, item.Expiring, l.State, "healed elsewhere: the announcement stands")
	l = fold(expiring(), answered(noon.Add(day), "ITEM_LOGIN_REQUIRED"),
		healthy(noon.Add(2*day), item.PlaidStatus{RelinkedAt: noon.Add(2 * day)}))
	require.Equal(t, item.Connected, l.State, "repaired by our Link: both are over")
}

// The first evidence in the table's row is the one that is recorded.
func TestExpiry_isClosedByTheFirstEvidenceThatHolds(t *testing.T) {
	t.Parallel()
	ends := noon.Add(7 * day)
	l := fold(expiring(), healthy(noon.Add(time.Hour), item.PlaidStatus{ConsentExpiresAt: ends}))
	moved, linked := ends.Add(365*day), noon.Add(day)
	for want, status := range map[item.Evidence]item.PlaidStatus{
		item.LinkedSince:  {ConsentExpiresAt: moved, RelinkedAt: linked},
		item.ConsentMoved: {ConsentExpiresAt: moved},
		item.ExpiryPassed: {ConsentExpiresAt: ends},
	} {
		over := fold(l, healthy(ends.Add(time.Hour), status))
		require.Equal(t, want, over.Unrecorded[0].By)
	}
}

func TestExpiry_thatMovesAndIsStillNearIsANewOne(t *testing.T) {
	t.Parallel()
	l := fold(connected(), healthy(noon, item.PlaidStatus{ConsentExpiresAt: noon.Add(5 * day)}), item.Recorded{Count: 1},
		item.Planned{Incident: 1, Kind: item.Expires, Plan: item.Plan{Step: 2, At: noon.Add(2 * day)}, At: noon},
		healthy(noon.Add(day), item.PlaidStatus{ConsentExpiresAt: noon.Add(20 * day)}))
	require.Equal(t, item.Expiring, l.State)
	require.Equal(t, noon.Add(20*day), l.Expiry.At)
	require.Equal(t, noon.Add(20*day), l.Unrecorded[0].EndsAt, "and it is on the record")
	require.True(t, l.Plan.IsZero(), "its reminders are planned anew")
}
