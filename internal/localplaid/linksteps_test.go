package localplaid_test

import (
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

func (b *rig) accounts(accessToken string) []plaid.AccountBase {
	b.t.Helper()
	got, _, err := b.api.AccountsGet(b.t.Context()).AccountsGetRequest(*plaid.NewAccountsGetRequest(accessToken)).Execute()
	require.NoError(b.t, err)
	return got.Accounts
}

// choosingToken mints an update-mode link token with account selection.
func (b *rig) choosingToken(accessToken string) string {
	b.t.Helper()
	req := linkTokenRequest()
	req.SetAccessToken(accessToken)
	req.SetUpdate(plaid.LinkTokenCreateRequestUpdate{AccountSelectionEnabled: plaid.PtrBool(true)})
	got, _, err := b.api.LinkTokenCreate(b.t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(b.t, err)
	return got.LinkToken
}

func (b *rig) logIn(id, password string) shown {
	b.t.Helper()
	return b.step("credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": password})
}

func TestLinkSteps_wrongPasswordAndCodeMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	token := b.updateToken(accessToken)
	id := b.step("start", map[string]any{"link_token": token}).LinkSessionID
	at := b.logIn(id, "wrong")
	require.Equal(t, "CREDENTIAL", at.View)
	require.Equal(t, "INVALID_CREDENTIALS", at.Error.ErrorCode)

	at = b.logIn(id, "mfa_device")
	require.Equal(t, "MFA_DEVICE", at.View)
	require.Nil(t, at.Error)
	last := at.Events[len(at.Events)-1]
	require.Equal(t, "MFA", last.Metadata.ViewName)
	require.Equal(t, "device", last.Metadata.MFAType)
	require.Equal(t, 400, b.post("/link/session/device", map[string]any{"link_session_id": id, "device": "pigeon"}, nil))
	at = b.step("device", map[string]any{"link_session_id": id, "device": at.Devices[1].ID})
	require.Equal(t, "MFA", at.View)
	require.Equal(t, "SUBMIT_MFA", at.Events[0].EventName)
	require.Equal(t, "device", at.Events[0].Metadata.MFAType)
	at = b.step("code", map[string]any{"link_session_id": id, "code": "0000"})
	require.Equal(t, "MFA", at.View, "the device is not asked for again")
	require.Equal(t, "INVALID_MFA", at.Error.ErrorCode)
	at = b.step("code", map[string]any{"link_session_id": id, "code": "1234"})
	require.Equal(t, "CONNECTED", at.View)
	require.Nil(t, at.Error)
	require.Empty(t, b.itemError(accessToken))
}

func TestLinkSteps_exitNamesThePaneThatWasLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	_, oauth := b.oauthItem("")
	leave := func(id string) string {
		return b.step("exit", map[string]any{"link_session_id": id}).Outcome.Metadata.Status
	}
	start := func(token string) string { return b.step("start", map[string]any{"link_token": token}).LinkSessionID }
	require.Equal(t, "institution_not_found", leave(start(b.newToken())))
	require.Equal(t, "requires_credentials", leave(start(b.updateToken(accessToken))))
	require.Equal(t, "requires_oauth", leave(start(oauth)))
	id := start(b.updateToken(accessToken))
	b.logIn(id, "mfa_device")
	require.Equal(t, "choose_device", leave(id))
	id = start(b.updateToken(accessToken))
	b.logIn(id, "mfa_device")
	b.step("device", map[string]any{"link_session_id": id, "device": "phone"})
	require.Equal(t, "requires_code", leave(id))
	id = start(b.choosingToken(accessToken))
	b.logIn(id, "pass_good")
	require.Equal(t, "requires_account_selection", leave(id))
	id = start(b.newToken())
	b.step("institution", map[string]any{"link_session_id": id, "institution_id": "ins_133402"})
	require.Equal(t, "institution_not_supported", leave(id))
}

func TestLinkSteps_tickedAccountsAreShared(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	accessToken, _ := b.newItem(platypus, "")
	before := b.accounts(accessToken)
	choose := func(ids ...string) shown {
		at := b.step("start", map[string]any{"link_token": b.choosingToken(accessToken)})
		at = b.logIn(at.LinkSessionID, "pass_good")
		require.Equal(t, "SELECT_ACCOUNT", at.View)
		require.Len(t, at.Accounts, 4, "what is at the bank stays on offer")
		require.Equal(
			t,
			400,
			b.post("/link/session/accounts", map[string]any{"link_session_id": at.LinkSessionID, "account_ids": []string{}}, nil),
		)
		require.Equal(
			t,
			400,
			b.post("/link/session/accounts", map[string]any{"link_session_id": at.LinkSessionID, "account_ids": []string{"unknown"}}, nil),
		)
		b.step("accounts", map[string]any{"link_session_id": at.LinkSessionID, "account_ids": ids})
		return at
	}
	choose(before[2].AccountId, before[0].AccountId)
	require.Equal(t, []plaid.AccountBase{before[0], before[2]}, b.accounts(accessToken), "ids stay, in the bank's order")
	b = b.restart()
	at := choose(before[1].AccountId)
	require.True(t, at.Accounts[0].Ticked)
	require.False(t, at.Accounts[1].Ticked)
	require.Equal(t, []plaid.AccountBase{before[1]}, b.accounts(accessToken))

	require.Equal(
		t,
		"onSuccess",
		b.play(map[string]any{"link_token": b.updateToken(accessToken), "username": "user_good", "password": "pass_good"}).Callback,
	)
	require.Len(t, b.accounts(accessToken), 1, "nobody was asked")
}

func TestLinkSteps_choosingAccountsRepairsAnItemWithoutAny(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "NO_ACCOUNTS"}, nil)
	at := b.step("start", map[string]any{"link_token": b.choosingToken(accessToken)})
	at = b.logIn(at.LinkSessionID, "pass_good")
	for _, a := range at.Accounts {
		require.False(t, a.Ticked, "none is shared")
	}
	require.Equal(t, "NO_ACCOUNTS", b.itemError(accessToken))
	b.step("accounts", map[string]any{"link_session_id": at.LinkSessionID, "account_ids": []string{at.Accounts[3].ID}})
	require.Empty(t, b.itemError(accessToken))
	require.Equal(t, at.Accounts[3].ID, b.accounts(accessToken)[0].AccountId)
}

func TestLinkSteps_offerNoLoginAtABankThatIsDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, institution := range []string{platypus, platypusOAuth} {
		accessToken, _ := b.newItem(institution, "")
		b.bank(institution, "DOWN")
		at := b.step("start", map[string]any{"link_token": b.updateToken(accessToken)})
		require.Equal(t, "ERROR", at.View)
		require.Equal(t, "INSTITUTION_DOWN", at.Error.ErrorCode)
		require.False(t, at.MayRetry)
		require.False(t, at.MayChoose, "update mode has one bank")
		require.Equal(
			t,
			400,
			b.post(
				"/link/session/credentials",
				map[string]any{"link_session_id": at.LinkSessionID, "username": "user_good", "password": "pass_good"},
				nil,
			),
		)
		left := b.step("exit", map[string]any{"link_session_id": at.LinkSessionID})
		require.Equal(t, "INSTITUTION_DOWN", left.Outcome.Error.ErrorCode)
		require.Equal(
			t,
			map[string]string{platypus: "requires_credentials", platypusOAuth: "requires_oauth"}[institution],
			left.Outcome.Metadata.Status,
		)
		require.Equal(t, "DOWN", b.logins(institution).Status)
	}

	at := b.step("start", map[string]any{"link_token": b.newToken()})
	at = b.step("institution", map[string]any{"link_session_id": at.LinkSessionID, "institution_id": platypus})
	require.Equal(t, []string{"SELECT_INSTITUTION", "SELECT_DOWN_INSTITUTION", "ERROR", "TRANSITION_VIEW"},
		[]string{at.Events[0].EventName, at.Events[1].EventName, at.Events[2].EventName, at.Events[3].EventName})
	require.True(t, at.MayChoose, "Link suggests another bank")
	at = b.step("again", map[string]any{"link_session_id": at.LinkSessionID, "elsewhere": true})
	require.Equal(t, "SELECT_INSTITUTION", at.View)
	require.Nil(t, at.Error)
	require.Equal(
		t,
		"CREDENTIAL",
		b.step("institution", map[string]any{"link_session_id": at.LinkSessionID, "institution_id": "ins_109511"}).View,
	)
}

func TestLinkSteps_endWhenTheLinkTokenExpires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	id := b.step("start", map[string]any{"link_token": b.updateToken(accessToken)}).LinkSessionID
	b.clock.advance(30 * time.Minute)
	at := b.logIn(id, "pass_good")
	require.Equal(t, "ERROR", at.View)
	require.False(t, at.MayRetry)
	require.Equal(t, "INVALID_LINK_TOKEN", b.step("exit", map[string]any{"link_session_id": id}).Outcome.Error.ErrorCode)
}
