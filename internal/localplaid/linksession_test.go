package localplaid_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shown is what Link's frame draws.
type shown struct {
	LinkSessionID string `json:"link_session_id"`
	View          string
	Note          string
	IsUpdateMode  bool `json:"is_update_mode"`
	Devices       []struct{ ID string }
	Accounts      []struct {
		ID, Name, Mask string
		Ticked         bool
	}
	BankURL       string `json:"bank_url"`
	MayRedirect   bool   `json:"may_redirect"`
	MayRetry      bool   `json:"may_retry"`
	MayChoose     bool   `json:"may_choose"`
	CompletionURI string `json:"completion_redirect_uri"`
	Events        []struct {
		EventName string `json:"event_name"`
		Metadata  struct {
			ViewName   string `json:"view_name"`
			MFAType    string `json:"mfa_type"`
			ErrorCode  string `json:"error_code"`
			ExitStatus string `json:"exit_status"`
		} `json:"event_metadata"`
	}
	Institutions []struct {
		InstitutionID string `json:"institution_id"`
	}
	Error   *failureBody
	Outcome *played
}

func (b *rig) step(name string, fields map[string]any) shown {
	b.t.Helper()
	var got shown
	require.Equal(b.t, 200, b.post("/link/session/"+name, fields, &got))
	return got
}

func eventNames(b *rig, token string, session int) []string {
	b.t.Helper()
	var names []string
	for _, e := range (*b.linkToken(token).LinkSessions)[session].GetEvents() {
		names = append(names, e.EventName)
	}
	return names
}

func TestLinkTokenGet_showsAFinishedUpdateSession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, "")
	b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
	token := b.updateToken(accessToken)
	require.Empty(t, *b.linkToken(token).LinkSessions)

	opened := b.clock.Now()
	at := b.step("start", map[string]any{"link_token": token})
	require.Equal(t, "CREDENTIAL", at.View)
	require.True(t, at.IsUpdateMode)
	id := at.LinkSessionID
	at = b.step("credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": "wrong"})
	require.Equal(t, "INVALID_CREDENTIALS", at.Error.ErrorCode)
	require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
	b.clock.advance(time.Minute)
	at = b.step("credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": "pass_good"})
	require.Equal(t, "CONNECTED", at.View)
	require.Nil(t, at.Error)
	require.Empty(t, b.itemError(accessToken), "the Item is repaired when the bank says yes, also if the tab is closed now")
	session := (*b.linkToken(token).LinkSessions)[0]
	require.Nil(t, session.FinishedAt.Get())

	b.clock.advance(time.Minute)
	at = b.step("finish", map[string]any{"link_session_id": id})
	require.Equal(t, "onSuccess", at.Outcome.Callback)
	session = (*b.linkToken(token).LinkSessions)[0]
	require.Equal(t, id, session.LinkSessionId)
	require.Equal(t, opened, session.GetStartedAt())
	require.Equal(t, b.clock.Now(), *session.FinishedAt.Get())
	require.Nil(t, session.Exit.Get())
	require.Empty(t, session.Results.Get().GetItemAddResults(), "an update adds no Item")
	require.Equal(t, id, session.OnSuccess.Get().Metadata.Get().GetLinkSessionId())
	require.Nil(t, session.OnExit.Get())
	require.Equal(t, []string{
		"HANDOFF", "TRANSITION_VIEW", "SUBMIT_CREDENTIALS", "TRANSITION_VIEW", "ERROR", "SUBMIT_CREDENTIALS", "TRANSITION_VIEW", "OPEN",
	}, eventNames(b, token, 0), "newest first, as Plaid lists them")
}

func TestLinkTokenGet_listsTheResultOfANewItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.newToken()
	at := b.step("start", map[string]any{"link_token": token})
	require.Equal(t, "SELECT_INSTITUTION", at.View)
	for _, in := range at.Institutions {
		require.NotContains(t, []string{"ins_43", "ins_117650"}, in.InstitutionID, "banks of other countries are not offered")
	}
	id := at.LinkSessionID
	require.Equal(t, "CREDENTIAL", b.step("institution", map[string]any{"link_session_id": id, "institution_id": platypus}).View)
	at = b.step("credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": "pass_good"})
	require.Equal(t, "SELECT_ACCOUNT", at.View)
	require.Len(t, at.Accounts, 4)
	b.step("accounts", map[string]any{"link_session_id": id, "account_ids": []string{at.Accounts[0].ID, at.Accounts[3].ID}})
	outcome := b.step("finish", map[string]any{"link_session_id": id}).Outcome
	results := (*b.linkToken(token).LinkSessions)[0].Results.Get().GetItemAddResults()
	require.Len(t, results, 1)
	require.Equal(t, outcome.PublicToken, results[0].PublicToken)
	require.Len(t, results[0].Accounts, 2)
	require.Len(t, outcome.Metadata.Accounts, 2, "only what was chosen")
}

func TestLinkTokenGet_showsAnExitWithItsLastError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	token := b.updateToken(accessToken)
	id := b.step("start", map[string]any{"link_token": token}).LinkSessionID
	b.step("credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": "wrong"})
	at := b.step("exit", map[string]any{"link_session_id": id})
	require.Equal(t, "onExit", at.Outcome.Callback)
	require.Equal(t, "INVALID_CREDENTIALS", at.Outcome.Error.ErrorCode)
	require.Equal(t, "requires_credentials", at.Outcome.Metadata.Status)
	session := (*b.linkToken(token).LinkSessions)[0]
	require.NotNil(t, session.FinishedAt.Get())
	exit := session.Exit.Get()
	require.Equal(t, "INVALID_CREDENTIALS", exit.Error.Get().ErrorCode)
	require.Equal(t, "requires_credentials", exit.Metadata.Get().GetStatus())
	require.Equal(t, "EXIT", eventNames(b, token, 0)[0])
	require.Equal(t, exit.Error.Get().ErrorCode, session.OnExit.Get().Error.Get().ErrorCode)
	require.Nil(t, session.Results.Get())
	require.Nil(t, session.OnSuccess.Get())
}

func TestLinkSteps_refusedOutOfTurn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, _ := b.newItem(platypus, "")
	id := b.step("start", map[string]any{"link_token": b.updateToken(accessToken)}).LinkSessionID
	for _, early := range []string{"finish", "code", "institution", "device", "accounts", "bank", "wait", "again"} {
		require.Equal(t, 400, b.post("/link/session/"+early, map[string]any{"link_session_id": id}, nil), early)
	}
	b.step("exit", map[string]any{"link_session_id": id})
	require.Equal(
		t,
		400,
		b.post("/link/session/credentials", map[string]any{"link_session_id": id, "username": "user_good", "password": "pass_good"}, nil),
	)
	require.Equal(t, 400, b.post("/link/session/exit", map[string]any{"link_session_id": "unknown"}, nil))
}

func TestLinkStart_deadTokenOpensAsOnExit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := b.step("start", map[string]any{"link_token": "link-sandbox-unknown"})
	require.Equal(t, "EXIT", at.View)
	require.Empty(t, at.LinkSessionID)
	require.Equal(t, "onExit", at.Outcome.Callback)
	require.Equal(t, "INVALID_LINK_TOKEN", at.Outcome.Error.ErrorCode)
}
