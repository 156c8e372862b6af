package breaker_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/breaker"
)

func TestAfter_pausesGrowWhileRoundsFailAndASuccessClosesTheBreaker(t *testing.T) {
	t.Parallel()
	var b breaker.Breaker
	away := errors.New("connection refused")
	require.False(t, b.Open())
	require.Equal(t, 3*time.Second, b.After(nil, 3*time.Second), "a round that succeeds is followed by the idle pause")

	var pauses []time.Duration
	for range 8 {
		pauses = append(pauses, b.After(away, time.Minute))
		require.True(t, b.Open())
	}
	require.Equal(t, []time.Duration{
		250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
		15 * time.Second, 15 * time.Second,
	}, pauses)

	require.Equal(t, time.Second, b.After(nil, time.Second))
	require.False(t, b.Open())
	require.Equal(t, 250*time.Millisecond, b.After(away, time.Second), "the next outage starts from the shortest pause")
}
