package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/postgres"
	"relink/internal/testkit"
)

func TestMigrate_appliesOnceHoweverManyReplicasStart(t *testing.T) {
	t.Parallel()
	url := testkit.Postgres(t).URL
	applied := make([]int, 3)
	requireNoErrors(t, atOnce(3, func(i int) (err error) {
		applied[i], err = postgres.Migrate(t.Context(), url)
		return err
	}))
	total := 0
	for _, n := range applied {
		require.True(t, n == 0 || total == 0, "two replicas migrated: %v", applied)
		total += n
	}
	require.Positive(t, total)

	again, err := postgres.Migrate(t.Context(), url)
	require.NoError(t, err)
	require.Zero(t, again)

	store, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	defer store.Close()
	require.NoError(t, store.Ping(t.Context()))
}

func TestMigrate_failsWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	_, err := postgres.Migrate(t.Context(), "postgres://127.0.0.1:1/nowhere?connect_timeout=2")
	require.ErrorContains(t, err, "migrate: ")
}
