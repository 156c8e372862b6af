package localplaid_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestControlLink_playsWithoutABrowser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, redirectURI := range []string{"", returnPage} {
		accessToken, token := b.oauthItem(redirectURI)
		require.Equal(t, "requires_oauth", b.play(map[string]any{"link_token": token, "outcome": "exit"}).Metadata.Status)
		require.Equal(t, "NO_AUTH_ACCOUNTS", b.play(map[string]any{"link_token": token, "oauth_error": "NO_AUTH_ACCOUNTS"}).Error.ErrorCode)
		require.Equal(t, 400, b.post("/control/link", map[string]any{"link_token": token, "outcome": "wrong_password"}, nil))
		require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
		require.Equal(t, "onSuccess", b.play(map[string]any{"link_token": token, "accounts": []string{"0000", "3333"}}).Callback)
		require.Empty(t, b.itemError(accessToken))
		require.Len(t, b.accounts(accessToken), 2)
	}

	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	token := b.updateToken(accessToken)
	wrong := b.play(map[string]any{"link_token": token, "username": "user_good", "password": "pass_good", "outcome": "wrong_password"})
	require.Equal(t, "INVALID_CREDENTIALS", wrong.Error.ErrorCode)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
	abandoned := b.play(map[string]any{"link_token": token, "username": "user_good", "password": "pass_good", "outcome": "abandon"})
	require.Equal(t, "none", abandoned.Callback)
	require.Empty(t, b.itemError(accessToken), "the Item is repaired though the tab was closed")
	session := (*b.linkToken(token).LinkSessions)[1]
	require.Equal(t, abandoned.Metadata.LinkSessionID, session.LinkSessionId)
	require.Nil(t, session.FinishedAt.Get())
	require.Equal(
		t,
		400,
		b.post(
			"/control/link",
			map[string]any{
				"link_token": b.choosingToken(accessToken),
				"username":   "user_good",
				"password":   "pass_good",
				"accounts":   []string{"9999"},
			},
			nil,
		),
	)
}

// played is the answer of /control/link.
type played struct {
	Callback    string
	PublicToken string `json:"public_token"`
	Error       *struct {
		ErrorCode string `json:"error_code"`
	}
	Metadata struct {
		Status        string
		LinkSessionID string `json:"link_session_id"`
		Institution   *struct {
			InstitutionID string `json:"institution_id"`
		}
		Accounts []struct{ ID string }
	}
}

func (b *rig) play(fields map[string]any) played {
	b.t.Helper()
	var got played
	require.Equal(b.t, 200, b.post("/control/link", fields, &got))
	return got
}
