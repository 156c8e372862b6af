package item_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestClassify_decidesTheErrorCodesOfTheTableAndNoOthers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		status  item.PlaidStatus
		state   item.State
		cause   item.Cause
		decided bool
	}{
		{item.PlaidStatus{}, item.Connected, "", true},
		{item.PlaidStatus{Gone: true}, item.Removed, item.Gone, true},
		{item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}, item.LoginRequired, item.Credentials, true},
		{item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_CONSENT_EXPIRED"}, item.LoginRequired, item.ConsentExpired, true},
		{item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_USER_REVOKED"}, item.LoginRequired, item.ConsentRevoked, true},
		{item.PlaidStatus{ErrorCode: "NO_ACCOUNTS", ErrorReason: "OAUTH_USER_REVOKED"}, item.LoginRequired, item.AccountsMissing, true},
		{item.PlaidStatus{ErrorCode: "ITEM_LOCKED"}, item.LoginRequired, item.BankAction, true},
		{item.PlaidStatus{ErrorCode: "INVALID_MFA"}, item.LoginRequired, item.MFA, true},
		{item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}, item.Revoked, item.ConsentRevoked, true},
		{item.PlaidStatus{ErrorCode: "INSTITUTION_DOWN"}, "", "", false},
		{item.PlaidStatus{ErrorCode: "INVALID_API_KEYS"}, "", "", false},
		{item.PlaidStatus{ErrorCode: "A_CODE_OF_TOMORROW"}, "", "", false},
	}
	for _, c := range cases {
		state, cause, decided := c.status.Classify()
		require.Equal(t, c.decided, decided, "%+v", c.status)
		require.Equal(t, c.state, state, "%+v", c.status)
		require.Equal(t, c.cause, cause, "%+v", c.status)
	}
}
