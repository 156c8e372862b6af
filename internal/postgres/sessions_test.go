package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/postgres"
)

func session(t *testing.T, b bundle) *postgres.Sessions {
	t.Helper()
	s := b.Sessions(30 * time.Minute)
	require.NoError(t, s.Begin(t.Context(), "key", []byte("olga"), time.Now().Add(12*time.Hour)))
	return s
}

func used(t *testing.T, s *postgres.Sessions) bool {
	t.Helper()
	data, found, err := s.Use(t.Context(), "key")
	require.NoError(t, err)
	if found {
		require.Equal(t, "olga", string(data))
	}
	return found
}

func TestSessions_lastWhileTheyAreUsed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := session(t, b)
	for range 4 {
		require.True(t, used(t, s))
		b.exec(t, `UPDATE sessions SET idle_until = idle_until - interval '29 minutes'`)
	}
	b.exec(t, `UPDATE sessions SET idle_until = idle_until - interval '1 minute 1 second'`)
	require.False(t, used(t, s), "nobody used it for 30 minutes")
	_, found, err := s.Use(t.Context(), "another key")
	require.NoError(t, err)
	require.False(t, found)
}

func TestSessions_endAtTheirExpiryHoweverMuchTheyAreUsed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := session(t, b)
	require.True(t, used(t, s))
	b.exec(t, `UPDATE sessions SET expiry = now()`)
	require.False(t, used(t, s))
}

func TestSessions_endedStayEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := session(t, b)
	require.NoError(t, s.End(t.Context(), "key"))
	require.False(t, used(t, s), "a use brings nothing back")
	require.Zero(t, b.count(t, `SELECT count(*) FROM sessions`))
	require.NoError(t, s.End(t.Context(), "key"), "ending twice is ending once")
}

func TestSessions_keyIsNeverTakenOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := session(t, b)
	require.Error(t, s.Begin(t.Context(), "key", []byte("mallory"), time.Now().Add(time.Hour)))
	require.True(t, used(t, s))
}

func TestSessions_sweepDeletesOnlyWhatHasEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := session(t, b)
	for _, key := range []string{"idle", "expired"} {
		require.NoError(t, s.Begin(t.Context(), key, []byte("x"), time.Now().Add(time.Hour)))
	}
	b.exec(t, `UPDATE sessions SET idle_until = now() - interval '1 second' WHERE token = 'idle'`)
	b.exec(t, `UPDATE sessions SET expiry = now() - interval '1 second' WHERE token = 'expired'`)
	n, err := s.Sweep(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.True(t, used(t, s))
}
