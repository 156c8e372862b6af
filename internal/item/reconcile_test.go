package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestDiffers_whereThePlaidStatusDiffersAndNowhereElse(t *testing.T) {
	t.Parallel()
	ok, broken, locked := item.PlaidStatus{}, item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}, item.PlaidStatus{ErrorCode: "ITEM_LOCKED"}
	withdrawn := item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}
	life := func(s item.State, c item.Cause) item.Life { return item.Life{State: s, Cause: c} }
	expiring := item.Life{State: item.Expiring, Cause: item.ConsentExpiring, Expiry: item.Expiry{At: noon.Add(7 * day)}}
	for name, c := range map[string]struct {
		life   item.Life
		status item.PlaidStatus
		want   item.Difference
	}{
		"healthy, and so it is":         {life(item.Connected, ""), ok, item.Same},
		"broken, and so it is":          {life(item.LoginRequired, item.Credentials), broken, item.Same},
		"a break was lost":              {life(item.Connected, ""), broken, item.LostBreak},
		"a break of one that expires":   {expiring, broken, item.LostBreak},
		"a repair was lost":             {life(item.LoginRequired, item.Credentials), ok, item.LostRepair},
		"broken for another reason":     {life(item.LoginRequired, item.Credentials), locked, item.OtherCause},
		"a removal was lost":            {life(item.Connected, ""), item.PlaidStatus{Gone: true}, item.LostRemoval},
		"removed stays removed":         {life(item.Removed, item.Gone), item.PlaidStatus{Gone: true}, item.Same},
		"the bank is down":              {life(item.Connected, ""), item.PlaidStatus{ErrorCode: "INSTITUTION_DOWN"}, item.Same},
		"consent ends within 30 days":   {life(item.Connected, ""), item.PlaidStatus{ConsentExpiresAt: noon.Add(29 * day)}, item.ExpiresSoon},
		"consent ends later":            {life(item.Connected, ""), item.PlaidStatus{ConsentExpiresAt: noon.Add(31 * day)}, item.Same},
		"its end is known":              {expiring, item.PlaidStatus{ConsentExpiresAt: noon.Add(7 * day)}, item.Same},
		"the consent it had has moved":  {expiring, item.PlaidStatus{ConsentExpiresAt: noon.Add(99 * day)}, item.ExpiryMoved},
		"its end is over":               {item.Life{State: item.Expiring, Expiry: item.Expiry{At: noon}}, ok, item.ExpiryIsOver},
		"withdrawn, and so it is":       {life(item.Revoked, item.ConsentRevoked), withdrawn, item.Same},
		"withdrawn while it was broken": {life(item.LoginRequired, item.Credentials), withdrawn, item.OtherCause},
	} {
		require.Equal(t, c.want, rules.Differs(c.life, c.status, noon), name)
	}
}

func TestStale_namesAHealthyItemWithoutDataForAWeek(t *testing.T) {
	t.Parallel()
	require.Empty(t, item.Stale(item.PlaidStatus{}, noon.Add(-6*day), noon, 7*day))
	why := item.Stale(item.PlaidStatus{}, noon.Add(-7*day), noon, 7*day)
	require.Equal(t, "Plaid calls it healthy, and its last data is of 2026-11-15", why)
	require.Empty(t, item.Stale(item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}, noon.Add(-70*day), noon, 7*day), "we know that one")
	require.Empty(t, item.Stale(item.PlaidStatus{}, time.Time{}, noon, 7*day), "an Item without such products has none")
}
