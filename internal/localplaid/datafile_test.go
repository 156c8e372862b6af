package localplaid_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/localplaid"
)

func dataFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data", "plaid.json")
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}

func (b *rig) state() string {
	b.t.Helper()
	state, err := b.server.State()
	require.NoError(b.t, err)
	return string(state)
}

// restart starts a server on what a process killed at this moment would have left. The one before gets no notice, and
// cannot touch the file any more.
func (b *rig) restart() *rig {
	b.t.Helper()
	after := &rig{t: b.t, dataFile: dataFile(b.t), clock: b.clock, receiver: b.receiver}
	require.NoError(b.t, os.MkdirAll(filepath.Dir(after.dataFile), 0o700))
	require.NoError(b.t, os.WriteFile(after.dataFile, []byte(read(b.t, b.dataFile)), 0o600))
	after.start()
	return after
}

func TestDataFile_holdsEveryChangeBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	before := ""
	changed := func(act string) {
		t.Helper()
		now := read(t, b.dataFile)
		require.JSONEq(t, b.state(), now, act)
		require.NotEqual(t, before, now, "%s must change something, or this test shows nothing", act)
		before = now
	}
	must := func(path string, body map[string]any) {
		t.Helper()
		if !strings.HasPrefix(path, "/control/") && !strings.HasPrefix(path, "/link/session/") {
			body["client_id"], body["secret"] = "client", "secret"
		}
		b.clock.advance(time.Second)
		require.Equal(t, http.StatusOK, b.post(path, body, nil), path)
		changed(path)
	}
	changed("the first webhook key")

	var created struct {
		PublicToken string `json:"public_token"`
	}
	require.Equal(t, http.StatusOK, b.post("/sandbox/public_token/create", map[string]any{
		"client_id": "client", "secret": "secret", "institution_id": platypus, "initial_products": []string{"transactions"},
		"options": map[string]any{"webhook": b.receiver.url},
	}, &created))
	changed("/sandbox/public_token/create")
	accessToken, itemID := b.exchange(created.PublicToken)
	changed("/item/public_token/exchange")
	must("/sandbox/item/reset_login", map[string]any{"access_token": accessToken})
	must("/sandbox/item/fire_webhook", map[string]any{"access_token": accessToken, "webhook_code": "NEW_ACCOUNTS_AVAILABLE"})
	must("/control/break", map[string]any{"item_id": itemID, "error_code": "USER_PERMISSION_REVOKED"})
	must("/control/heal", map[string]any{"item_id": itemID})
	must("/control/fire", map[string]any{"item_id": itemID, "webhook_code": "LOGIN_REPAIRED"})
	must("/control/fire", map[string]any{"item_id": itemID, "webhook_code": "LOGIN_REPAIRED", "retries": "same"})
	must("/control/sign", map[string]any{"webhooks": []any{map[string]any{"item_id": itemID, "webhook_code": "LOGIN_REPAIRED"}}})
	must("/control/signing", map[string]any{"retries": "same"})
	must("/control/clock", map[string]any{"advance": "1m"})
	must("/control/key", map[string]any{})
	must(
		"/control/item",
		map[string]any{"item_id": itemID, "update_type": "user_present_required", "last_successful_update": "2026-11-01T08:00:00Z"},
	)
	must("/control/consent", map[string]any{"item_id": itemID, "expires_at": "2026-12-01T09:00:00Z"})
	must("/control/breakall", map[string]any{"institution_id": platypus, "error_code": "ITEM_LOGIN_REQUIRED"})
	must("/control/healall", map[string]any{})
	must("/control/bank", map[string]any{"institution_id": platypusOAuth, "status": "DOWN"})
	must("/item/webhook/update", map[string]any{"access_token": accessToken, "webhook": b.receiver.url + "/new"})
	updateToken := b.updateToken(accessToken)
	changed("/link/token/create")
	must("/link/token/create", map[string]any{
		"client_name": "Acme", "language": "en", "country_codes": []string{"US"}, "user": map[string]any{"client_user_id": "merchant_42"},
		"access_token": accessToken, "update": map[string]any{"account_selection_enabled": true}, "redirect_uri": "https://acme.example/return",
		"institution_id": platypus,
	})
	must("/control/link", map[string]any{"link_token": updateToken, "username": "user_good", "password": "pass_good"})
	newToken := b.newToken()
	changed("/link/token/create")
	start := func() (session string) {
		defer changed("/link/session/start")
		return b.step("start", map[string]any{"link_token": newToken}).LinkSessionID
	}
	session := start()
	must("/link/session/institution", map[string]any{"link_session_id": session, "institution_id": platypus})
	must("/link/session/credentials", map[string]any{"link_session_id": session, "username": "user_good", "password": "mfa_device"})
	must("/link/session/device", map[string]any{"link_session_id": session, "device": "phone"})
	offered := b.step("code", map[string]any{"link_session_id": session, "code": "1234"}).Accounts
	changed("/link/session/code")
	must("/link/session/accounts", map[string]any{"link_session_id": session, "account_ids": []string{offered[1].ID}})
	must("/link/session/finish", map[string]any{"link_session_id": session})
	must("/link/session/exit", map[string]any{"link_session_id": start()})
	session = start()
	must("/link/session/institution", map[string]any{"link_session_id": session, "institution_id": "ins_132361"})
	must("/link/session/again", map[string]any{"link_session_id": session, "elsewhere": true})
	must("/link/session/institution", map[string]any{"link_session_id": session, "institution_id": "ins_132241"})
	must("/link/session/bank", map[string]any{"link_session_id": session, "way": "popup"})
	must("/link/session/wait", map[string]any{"link_session_id": session, "closed": true})
	must("/link/token/create", map[string]any{
		"client_name": "Acme", "language": "en", "country_codes": []string{"US"}, "user": map[string]any{"client_user_id": "merchant_42"},
		"access_token": accessToken, "hosted_link": map[string]any{"completion_redirect_uri": "https://acme.example/done"},
	})
	must("/item/remove", map[string]any{"access_token": accessToken})

	require.JSONEq(t, before, b.restart().state(), "a restart keeps all that the file holds")
}

func TestDataFile_holdsWhatWasChangedTogether(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	b.run()
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() {
			for range 5 {
				accessToken, itemID := b.newItem(platypus, b.receiver.url)
				b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil)
				b.post("/control/link", map[string]any{"link_token": b.updateToken(accessToken), "username": "user_good", "password": "pass_good"}, nil)
			}
		})
	}
	together.Wait()
	b.receiver.wait(t, 40)
	require.Eventually(t, func() bool {
		return strings.TrimSpace(read(t, b.dataFile)) == b.state()
	}, 5*time.Second, 10*time.Millisecond, "the last attempts are kept as well")
	require.Empty(t, b.restart().deliveries(""), "what was received is not sent again")
}

func TestDataFile_isForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	require.NoError(t, os.WriteFile(b.dataFile+".new", []byte("{ half a fi"), 0o644))
	require.NoError(t, os.Chmod(b.dataFile, 0o644))
	b.newItem(platypus, "")
	info, err := os.Stat(b.dataFile)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds private keys")
	require.NoFileExists(t, b.dataFile+".new", "what a killed process left is no hindrance")
}

func TestDataFile_unreadableIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	accessToken, itemID := b.newItem(platypus, "")
	linkToken := b.updateToken(accessToken)
	b.step("start", map[string]any{"link_token": linkToken})
	good := read(t, b.dataFile)
	change := func(old, replacement string) string {
		require.Contains(t, good, old)
		return strings.ReplaceAll(good, old, replacement)
	}
	for name, test := range map[string]struct{ content, complaint string }{
		"empty":             {"", "damaged"},
		"no JSON":           {"plaid", "damaged"},
		"cut off":           {good[:len(good)/2], "damaged"},
		"two in one":        {good + good, "damaged"},
		"without a version": {change(`"version":4,`, ``), "no version"},
		"of a newer version": {
			change(`"version":4,`, `"version":5,`), "version 5 and this relink reads version 4 only: move it away to start empty",
		},
		"of an older version": {
			change(`"version":4,`, `"version":3,`), "version 3 and this relink reads version 4 only: move it away to start empty",
		},
		"with an unknown field":     {change(`"version":4,`, `"version":4,"transfers":[],`), `unknown field "transfers"`},
		"without a key":             {`{"version":4}`, "no webhook key"},
		"with a short key":          {change(`"d":"`, `"d":"AAAA","other":"`), "damaged"},
		"with a public key":         {change(`"d":"`, `"other":"`), "damaged: webhook key"},
		"with an unknown bank":      {change(platypus, "ins_0"), `institution "ins_0"`},
		"without an access token":   {change(accessToken, ""), itemID},
		"without the Item":          {change(`"items":{"`+itemID, `"items":{"another`), itemID},
		"with a session of no bank": {change(`"at":"CREDENTIAL","institution_id":"`+platypus+`"`, `"at":"CREDENTIAL"`), "without an institution"},
		"with success of no Item":   {change(`"at":"CREDENTIAL"`, `"at":"CONNECTED"`), "without an Item"},
	} {
		file := filepath.Join(t.TempDir(), "plaid.json")
		require.NoError(t, os.WriteFile(file, []byte(test.content), 0o600))
		_, err := localplaid.New(localplaid.Options{DataFile: file})
		require.ErrorContains(t, err, file, name)
		require.ErrorContains(t, err, test.complaint, name)
		for _, secret := range []string{accessToken, linkToken} {
			require.NotContains(t, err.Error(), secret, name)
		}
		require.Equal(t, test.content, read(t, file), "%s: left as it was", name)
	}
	_, err := localplaid.New(localplaid.Options{DataFile: filepath.Join(b.dataFile, "plaid.json")})
	require.ErrorContains(t, err, b.dataFile, "a folder that cannot be made")
	_, err = localplaid.New(localplaid.Options{DataFile: filepath.Dir(b.dataFile)})
	require.ErrorContains(t, err, filepath.Dir(b.dataFile), "a folder is no file")
}

func TestDataFile_changeThatCannotBeKeptIsNotAnsweredAsDone(t *testing.T) {
	t.Parallel()
	b := newRig(t, dataFile(t))
	accessToken, itemID := b.newItem(platypus, "")
	linkToken := b.updateToken(accessToken)
	require.NoError(t, os.RemoveAll(filepath.Dir(b.dataFile)))

	var failure failureBody
	require.Equal(
		t,
		500,
		b.post("/item/remove", map[string]any{"client_id": "client", "secret": "secret", "access_token": accessToken}, &failure),
	)
	require.Equal(t, "INTERNAL_SERVER_ERROR", failure.ErrorCode)
	require.Equal(t, 500, b.post("/link/session/start", map[string]any{"link_token": linkToken}, &failure))
	require.Equal(t, "INTERNAL_SERVER_ERROR", failure.ErrorCode)
	var refusal struct{ Error string }
	require.Equal(t, 500, b.post("/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, &refusal))
}
