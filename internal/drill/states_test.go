package drill

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

func TestDiffers_unlessStateAndCauseArePlaids(t *testing.T) {
	t.Parallel()
	require.Empty(t, differs(blackbox.Item{State: "connected"}, ""))
	require.Empty(t, differs(blackbox.Item{State: "login_required", Cause: "accounts_missing"}, noAccounts))
	require.NotEmpty(t, differs(blackbox.Item{State: "login_required", Cause: "credentials"}, noAccounts))
	require.NotEmpty(t, differs(blackbox.Item{State: "login_required", Cause: "credentials"}, ""))
	require.NotEmpty(t, differs(blackbox.Item{State: "connected"}, loginRequired))
}
