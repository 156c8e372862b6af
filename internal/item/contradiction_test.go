package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestContradiction_isAskedAboutOnItsScheduleThenDropped(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1))
	at := noon
	for _, wait := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour} {
		l = fold(l, item.AskStarted{}, answered(at, ""))
		next := rules.Next(l, at)
		require.Equal(t, item.Wait, next.Do)
		require.Equal(t, at.Add(wait), next.Until)
		at = next.Until
		require.Equal(t, item.Ask, rules.Next(l, at).Do)
	}
	l = fold(l, item.AskStarted{}, answered(at, ""))
	require.True(t, l.Idle(), "after the last question an idle Item has no timer: %+v", l)
}

func TestContradiction_ofAFinishedLinkIsAskedAboutQuickly(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1}, portal(item.LinkFinished, 3, time.Time{}), item.AskStarted{},
		answered(noon, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.LoginRequired, l.State, "the browser proves nothing")
	require.Equal(t, noon.Add(2*time.Second), rules.Next(l, noon).Until)
}
