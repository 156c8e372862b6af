package neighbour_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/neighbour"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// crm is an imagined neighbour that keeps a deal's stage current, as HubSpot would. It gets every change, and sends the
// Item's state at the time of sending.
type crm struct{ stages map[string]item.State }

func (crm) Name() string             { return "crm" }
func (crm) Limits() neighbour.Limits { return neighbour.Limits{PerSecond: 10, AtOnce: 4} }

func (crm) Wants(e neighbour.Event) (neighbour.Wanted, bool) {
	return neighbour.Wanted{Event: "deal.stage", Key: e.Key()}, e.Step != item.Ordered
}

func (c crm) Send(_ context.Context, m neighbour.Message) error {
	if m.Now.HubSpotDealID == "" {
		return nil // the Item has no deal
	}
	c.stages[m.Now.HubSpotDealID] = m.Now.State
	return nil
}

// issuer is an imagined neighbour that stops draws while no data comes in, as Marqeta would. It gets a hold once an
// Item has been broken for three days, and a release at the end of the incident.
type issuer struct{ held map[string]bool }

func (issuer) Name() string             { return "issuer" }
func (issuer) Limits() neighbour.Limits { return neighbour.Limits{PerSecond: 1, AtOnce: 1} }

func (issuer) Wants(e neighbour.Event) (neighbour.Wanted, bool) {
	switch e.Step {
	case item.Opened:
		return neighbour.Wanted{Event: "draw.hold", Key: e.Key(), NotBefore: e.At.Add(72 * time.Hour)}, true
	case item.Closed:
		return neighbour.Wanted{Event: "draw.release", Key: e.Key()}, true
	case item.Changed, item.Escalated, item.Ordered, item.RuleViolation:
	}
	return neighbour.Wanted{}, false
}

func (i issuer) Send(_ context.Context, m neighbour.Message) error {
	if m.Event == "draw.hold" && !m.Now.State.NeedsMerchant() {
		return nil // repaired in the meantime
	}
	i.held[m.Now.MarqetaUserToken] = m.Event == "draw.hold"
	return nil
}

func opened() neighbour.Event {
	return neighbour.Event{ItemID: "itm_1", Transition: item.Transition{Incident: 2, Step: item.Opened, To: item.LoginRequired, At: noon}}
}

func TestRows_eachNeighbourThatWantsAnEventGetsARowOfItsOwn(t *testing.T) {
	t.Parallel()
	all := neighbour.Neighbours{crm{}, issuer{}}
	require.Equal(t, []string{"crm", "issuer"}, all.Names())
	require.Equal(t, []neighbour.Row{
		{Envelope: neighbour.Envelope{Key: "crm/itm_1/2/opened", Destination: "crm", Event: "deal.stage"}},
		{
			Envelope:  neighbour.Envelope{Key: "issuer/itm_1/2/opened", Destination: "issuer", Event: "draw.hold"},
			NotBefore: noon.Add(72 * time.Hour),
		},
	}, all.Rows(opened()))

	changed := opened()
	changed.Step, changed.Change = item.Changed, 3
	require.Equal(t, []neighbour.Row{
		{Envelope: neighbour.Envelope{Key: "crm/itm_1/2/changed-3", Destination: "crm", Event: "deal.stage"}},
	}, all.Rows(changed), "one does not want it")
	require.Empty(t, neighbour.Neighbours(nil).Rows(opened()))
}

func TestSend_aNeighbourCanActOnHowTheItemStandsNow(t *testing.T) {
	t.Parallel()
	bank, deals := issuer{held: map[string]bool{}}, crm{stages: map[string]item.State{}}
	now := func(state item.State) neighbour.Message {
		return neighbour.Message{
			Envelope: neighbour.Envelope{Event: "draw.hold"},
			Now:      neighbour.Standing{State: state, HubSpotDealID: "deal_1", MarqetaUserToken: "user_1"},
		}
	}
	require.NoError(t, bank.Send(t.Context(), now(item.Connected)))
	require.Empty(t, bank.held, "an Item that was repaired before the hold was due is not held")
	require.NoError(t, bank.Send(t.Context(), now(item.Revoked)))
	require.Equal(t, map[string]bool{"user_1": true}, bank.held)
	require.NoError(t, deals.Send(t.Context(), now(item.Connected)))
	require.Equal(t, item.Connected, deals.stages["deal_1"])
}

func TestError_isSortedOneWayAndKeepsItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("crm: status 429")
	for name, c := range map[string]struct {
		err                        error
		throttled, ourFault, final bool
	}{
		"throttled": {neighbour.Throttled(cause, time.Minute), true, false, false},
		"our fault": {neighbour.OurFault(cause), false, true, false},
		"final":     {neighbour.Final(cause), false, false, true},
	} {
		require.ErrorIs(t, c.err, cause, name)
		require.EqualError(t, c.err, "crm: status 429")
		var sorted *neighbour.Error
		require.ErrorAs(t, c.err, &sorted)
		wait, throttled := sorted.Throttled()
		require.Equal(t, c.throttled, throttled, name)
		require.Equal(t, c.throttled, wait == time.Minute, name)
		require.Equal(t, c.ourFault, sorted.OurFault(), name)
		require.Equal(t, c.final, sorted.Final(), name)
	}
}
