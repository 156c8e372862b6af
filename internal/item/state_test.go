package item_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestState_MailKind_asksOnlyWhereTheMerchantIsNeeded(t *testing.T) {
	t.Parallel()
	for state, want := range map[item.State]item.MailKind{
		item.Connected: "", item.Expiring: item.Expires, item.LoginRequired: item.Reminder, item.Revoked: item.Reminder, item.Removed: "",
	} {
		require.Equal(t, want, state.MailKind(), state)
		require.Equal(t, state.NeedsMerchant(), state.MailKind().Reminds(), state)
		require.Equal(t, want, item.Life{State: state}.MailKind(), state)
	}
}
