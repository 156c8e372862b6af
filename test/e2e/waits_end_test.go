package e2e

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/item"
)

func endPasses(s *scene) {
	s.expires(nil)
	s.ended()
	s.closed()
}

func endBreaks(s *scene) {
	s.expires(&broke)
	s.in(item.LoginRequired, item.Credentials)
	s.reminded(1)
	s.goesOn()
}

// The bank is down when the expiry is reached.
func endUndecided(s *scene) {
	s.expires(&down)
	s.life("an open question", asking)
	s.says(fine)
	s.ended()
}

// A consent that ends beyond the horizon is no expiry yet. As time passes, it becomes one. Then it moves far ahead.
func consentNear(s *scene) {
	horizon := s.rules.Durations.ExpiryHorizon
	ends := time.Now().UTC().Add(horizon + 1500*time.Millisecond)
	s.says(item.PlaidStatus{ConsentExpiresAt: ends})
	s.looks()
	s.asked(1)
	s.life("rest", restful)
	require.NoError(s.t, blackbox.Await(s.ctx, "the end to be near", func(context.Context) (bool, error) {
		return time.Until(ends) < horizon, nil
	}))
	s.looks()
	s.in(item.Expiring, item.ConsentExpiring)
	s.says(item.PlaidStatus{ConsentExpiresAt: ends.Add(time.Hour)})
	s.looks()
	s.ended()
	s.closed()
}

// A consent that moves a little has not moved. One that moves further and is still near is a new expiry.
func consentMoves(s *scene) {
	ends, shift := time.Now().UTC().Add(15*time.Second), s.rules.Durations.MinShift
	s.says(item.PlaidStatus{ConsentExpiresAt: ends})
	s.looks()
	s.reminded(1)
	s.says(item.PlaidStatus{ConsentExpiresAt: ends.Add(shift / 2)})
	s.looks()
	s.asked(2)
	s.life("rest", restful)
	s.says(item.PlaidStatus{ConsentExpiresAt: ends.Add(shift + 2*time.Second)})
	s.looks()
	s.life("another end", func(l item.Life) bool { return l.Expiry.At.After(ends) && len(l.Unrecorded) == 0 })
	s.opens(long)
	s.says(item.PlaidStatus{ConsentExpiresAt: ends.Add(time.Hour), RelinkedAt: time.Now().UTC()})
	require.Equal(s.t, item.Connected, s.finishes().State)
	s.ended()
	s.closed()
	require.Contains(s.t, s.part().recorded, "1/changed-1")
}

func everyChangeOfState(s *scene) {
	for _, c := range []struct {
		truth item.PlaidStatus
		state item.State
		cause item.Cause
	}{
		{broke, item.LoginRequired, item.Credentials},
		{item.PlaidStatus{ErrorCode: "ITEM_LOCKED"}, item.LoginRequired, item.BankAction},
		{revoked, item.Revoked, item.ConsentRevoked},
		{item.PlaidStatus{ErrorCode: "MFA_NOT_SUPPORTED"}, item.Revoked, item.NotSupported},
		{broke, item.LoginRequired, item.Credentials},
	} {
		s.says(c.truth)
		s.looks()
		s.in(c.state, c.cause)
	}
	s.announces(long)
	for _, c := range []struct {
		truth item.PlaidStatus
		state item.State
		cause item.Cause
	}{
		{fine, item.Expiring, item.ConsentExpiring},
		{revoked, item.Revoked, item.ConsentRevoked},
		{fine, item.Expiring, item.ConsentExpiring},
		{broke, item.LoginRequired, item.Credentials},
	} {
		s.says(c.truth)
		s.looks()
		s.in(c.state, c.cause)
	}
	s.says(item.PlaidStatus{Gone: true})
	s.looks()
	s.ended()
	require.Equal(s.t, "1/removed", s.part().recorded[len(s.part().recorded)-1])
}

func removedByAPerson(s *scene) {
	s.breaks()
	s.command(item.OperatorCommand{Do: item.RemoveIt})
	s.ended()
	require.Equal(s.t, []string{"1/opened", "1/ordered-1", "1/removed"}, s.part().recorded)
}
