package item_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestVerdict_decidesTheErrorCodesOfTheTableAndNoOthers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		truth   item.Truth
		state   item.State
		cause   item.Cause
		decided bool
	}{
		{item.Truth{}, item.Connected, "", true},
		{item.Truth{Gone: true}, item.Removed, item.Gone, true},
		{item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED"}, item.LoginRequired, item.Credentials, true},
		{item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_CONSENT_EXPIRED"}, item.LoginRequired, item.ConsentExpired, true},
		{item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_USER_REVOKED"}, item.LoginRequired, item.ConsentRevoked, true},
		{item.Truth{ErrorCode: "NO_ACCOUNTS", ErrorReason: "OAUTH_USER_REVOKED"}, item.LoginRequired, item.AccountsMissing, true},
		{item.Truth{ErrorCode: "ITEM_LOCKED"}, item.LoginRequired, item.BankAction, true},
		{item.Truth{ErrorCode: "INVALID_MFA"}, item.LoginRequired, item.MFA, true},
		{item.Truth{ErrorCode: "USER_PERMISSION_REVOKED"}, item.Revoked, item.ConsentRevoked, true},
		{item.Truth{ErrorCode: "INSTITUTION_DOWN"}, "", "", false},
		{item.Truth{ErrorCode: "INVALID_API_KEYS"}, "", "", false},
		{item.Truth{ErrorCode: "A_CODE_OF_TOMORROW"}, "", "", false},
	}
	for _, c := range cases {
		state, cause, decided := c.truth.Verdict()
		require.Equal(t, c.decided, decided, "%+v", c.truth)
		require.Equal(t, c.state, state, "%+v", c.truth)
		require.Equal(t, c.cause, cause, "%+v", c.truth)
	}
}
