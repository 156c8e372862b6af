package postgres_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
)

func TestRequestNewLink_isOneMailAnHourHoweverManyAskAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_1", "m1"))
	require.NoError(t, err)
	ask := func(at time.Time) bool {
		asked, err := b.RequestNewLink(t.Context(), "m1",
			inbox.Entry{Source: item.FromPortal, Environment: "sandbox", ItemID: "itm_1", Code: item.NewLinkRequested}, at, time.Hour, nil)
		require.NoError(t, err)
		return asked
	}
	var wg sync.WaitGroup
	heard := make(chan bool, 8)
	for range 8 {
		wg.Go(func() { heard <- ask(noon) })
	}
	wg.Wait()
	close(heard)
	n := 0
	for asked := range heard {
		if asked {
			n++
		}
	}
	require.Equal(t, 1, n)
	require.False(t, ask(noon.Add(59*time.Minute)))
	require.True(t, ask(noon.Add(time.Hour)))
}
