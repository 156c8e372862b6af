package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAppliedPolicy_isTheOneAppliedLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file, _, err := b.AppliedPolicy(t.Context())
	require.NoError(t, err)
	require.Nil(t, file)
	require.NoError(t, b.ApplyPolicy(t.Context(), []byte("gap: 24h"), "v1", "olga"))
	require.NoError(t, b.ApplyPolicy(t.Context(), []byte("gap: 72h"), "v2", "olga"))
	file, _, err = b.AppliedPolicy(t.Context())
	require.NoError(t, err)
	require.Equal(t, "gap: 72h", string(file))
}
