package cmd

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"relink/cmd/people"
)

func TestBackend_eachPartNamesTheVariablesItNeedsAndNoOthers(t *testing.T) {
	t.Parallel()
	b := &backend{environ: []string{"LOG_LEVEL=info"}}
	defer b.close()
	_, err := b.Records(t.Context())
	require.ErrorContains(t, err, "DATABASE_URL")
	require.NotContains(t, err.Error(), "PLAID_ENV")
	_, err = b.Commander(t.Context())
	require.ErrorContains(t, err, "PLAID_ENV")
	require.NotContains(t, err.Error(), "DATABASE_URL")
	_, err = b.Replayer(t.Context())
	for _, name := range []string{"DATABASE_URL", "PLAID_ENV", "ENCRYPTION_KEYSET_FILE"} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "PLAID_CLIENT_ID")
}

func TestAsBadQuery_isTemporalsRefusalOfAQuery(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("count: %w", serviceerror.NewInvalidArgument("unknown search attribute"))
	require.ErrorIs(t, asBadQuery(refused), people.ErrBadQuery)
	require.ErrorContains(t, asBadQuery(refused), "unknown search attribute")
	away := errors.New("connection refused")
	require.Equal(t, away, asBadQuery(away))
	require.NoError(t, asBadQuery(nil))
}
