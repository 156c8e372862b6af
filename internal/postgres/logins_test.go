package postgres_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestAcquireLoginCheck_isOneProcesssTurnInAMinute(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var turns atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			mine, last, err := s.AcquireLoginCheck(t.Context(), "ins_1", time.Minute)
			if err == nil && mine && last == (item.LoginStatus{}) {
				turns.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, turns.Load())

	said := item.LoginStatus{Down: true, At: time.Now().UTC().Truncate(time.Microsecond)}
	require.NoError(t, s.SaveLoginStatus(t.Context(), "ins_1", said))
	mine, last, err := s.AcquireLoginCheck(t.Context(), "ins_1", time.Minute)
	require.NoError(t, err)
	require.False(t, mine, "the minute is not over")
	require.Equal(t, said, last, "a caller without the turn gets the last status")
	mine, last, err = s.AcquireLoginCheck(t.Context(), "ins_1", 0)
	require.NoError(t, err)
	require.True(t, mine)
	require.Equal(t, said, last, "the last status stays until there is a new one")
}
