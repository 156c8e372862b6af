package api_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/postgres"
	"relink/internal/vault"
)

const mintedToken = "link-sandbox-0f4e"

// mint is a Plaid that mints one link token. It records the request and its time.
type mint struct {
	noPlaid
	asked plaid.UpdateLink
	done  time.Time
	// hosted is answered as Hosted Link's URL, end as how a session ended; down are institutions where nobody can sign
	// in; refused, if not nil, is why no token is minted.
	hosted  plaid.Secret
	end     plaid.LinkEnd
	down    string
	refused error
}

func hashOf(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}

func (m *mint) LinkEnded(context.Context, vault.Sealed) (plaid.LinkEnd, error) { return m.end, nil }

func (m *mint) LoginsDown(_ context.Context, id string) (bool, error) { return id == m.down, nil }

func (m *mint) OpenLinkToken(sealed vault.Sealed) (plaid.Secret, error) {
	if string(sealed.Ciphertext) != "sealed link" || sealed.Row != linksession.TokenRow(theItem) {
		return "", errors.New("it does not open")
	}
	return mintedToken, nil
}

func (m *mint) UpdateLinkToken(_ context.Context, in plaid.UpdateLink) (plaid.LinkToken, error) {
	m.asked, m.done = in, time.Now()
	if m.refused != nil {
		return plaid.LinkToken{}, m.refused
	}
	return plaid.LinkToken{
		Token: mintedToken, ExpiresAt: m.done.Add(30 * time.Minute),
		Sealed: vault.Sealed{Row: linksession.TokenRow(in.ItemID), Ciphertext: []byte("sealed link")},
		Hash:   hashOf(mintedToken), HostedURL: m.hosted,
	}, nil
}

// forgetful is a store that cannot store link tokens.
type forgetful struct{ *postgres.Store }

func (forgetful) KeepLinkToken(context.Context, linksession.Minted) error {
	return errors.New("no room")
}

func (w *world) breakIt(t *testing.T, cause item.Cause) {
	t.Helper()
	require.NoError(t, w.store.Record(t.Context(), theItem, []item.Transition{
		{
			Incident: 2, Step: item.Opened, From: item.Connected, To: item.LoginRequired, Cause: cause, At: time.Now(),
			PlaidSays: "ITEM_LOGIN_REQUIRED",
		},
	}))
}

// minted breaks the Item and asks for a link token as its page does.
func (w *world) minted(t *testing.T, deps api.Deps) *httptest.ResponseRecorder {
	t.Helper()
	w.breakIt(t, item.Credentials)
	s, err := api.New(deps, w.opts)
	require.NoError(t, err)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/relink/"+w.deepLink+"/link-token",
		strings.NewReader(`{"item_id":"`+theItem+`"}`))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, req)
	return rec
}

func TestMintLinkToken_storesTheTimeBeforePlaidWasAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := &mint{noPlaid: noPlaid{t: t}}
	deps := w.deps
	deps.Plaid = m
	before := time.Now()
	rec := w.minted(t, deps)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	require.Contains(t, rec.Body.String(), mintedToken)
	require.Equal(t, item.ID(theItem), m.asked.ItemID)

	kept, err := w.store.LinkTokens(t.Context(), theItem, before)
	require.NoError(t, err)
	require.Equal(t, []vault.Sealed{{Row: linksession.TokenRow(theItem), Ciphertext: []byte("sealed link")}}, kept)
	kept, err = w.store.LinkTokens(t.Context(), theItem, m.done)
	require.NoError(t, err)
	require.Empty(t, kept, "what came to light while it was minted is newer than it")
}

func TestMintLinkToken_thatIsNotStoredNeverReachesThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deps := w.deps
	deps.Plaid, deps.Store = &mint{noPlaid: noPlaid{t: t}}, forgetful{w.store}
	rec := w.minted(t, deps)
	require.Equal(t, http.StatusServiceUnavailable, rec.Code)
	require.NotContains(t, rec.Body.String(), mintedToken)
}

func TestMintLinkToken_asksAsTheMerchantAndTheCauseNeed(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, nil)
	p.breakIt(t, item.AccountsMissing)
	require.Equal(t, http.StatusOK, p.says(t, "link-token").Code)
	asked := p.mint.asked
	require.Equal(t, p.at+"/relink/return", asked.RedirectURI)
	require.Equal(t, p.at+"/webhooks/plaid/sandbox", asked.Webhook)
	require.True(t, asked.AccountSelection)
	require.Equal(t, "en", asked.Language)
	require.Equal(t, []string{"US"}, asked.CountryCodes)
	require.Empty(t, asked.HostedReturn)
}

func TestMintLinkToken_isNotOfferedWhereItCannotHelp(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, func(_ *api.Options, m *mint) { m.down = "ins_1" })
	rec := p.says(t, "link-token")
	require.Equal(t, http.StatusConflict, rec.Code)
	require.Equal(t, "connected", field(t, rec, "reason"))
	p.breakIt(t, item.Credentials)
	rec = p.says(t, "link-token")
	require.Equal(t, http.StatusConflict, rec.Code)
	require.Equal(t, "bank_down", field(t, rec, "reason"))
	require.Empty(t, rec.Result().Cookies())

	p.mint.down, p.mint.refused = "", &plaid.Error{Type: "ITEM_ERROR", Code: "ITEM_NOT_FOUND", Status: http.StatusBadRequest}
	rec = p.says(t, "link-token")
	require.Equal(t, http.StatusConflict, rec.Code)
	require.Equal(t, "ended", field(t, rec, "reason"))
	p.mint.refused = &plaid.Error{Type: "API_ERROR", Code: "INTERNAL_SERVER_ERROR", Status: http.StatusInternalServerError}
	require.Equal(t, http.StatusServiceUnavailable, p.says(t, "link-token").Code)
}
