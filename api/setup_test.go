package api_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relink/api"
	"relink/api/ops"
	"relink/api/portal/page"
	"relink/api/v1/contract"
	"relink/internal/deeplink"
	"relink/internal/devstack/issuer"
	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/postgres"
	"relink/internal/signin"
	"relink/internal/telemetry"
	"relink/internal/testkit"
	"relink/internal/vault"
	"relink/internal/webhook"
	"relink/workflows"
)

const (
	audience = "https://relink/api"
	theItem  = "itm_blue"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is an api with the real store and the real issuer, and without Plaid and Temporal.
type world struct {
	*api.Server
	deps      api.Deps
	opts      api.Options
	store     *postgres.Store
	database  string
	vault     *vault.Vault
	at        string
	issuerURL string
	issuer    *issuer.Issuer
	stranger  *issuer.Issuer // the same key, another audience
	expired   *issuer.Issuer // the same key, yesterday's tokens
	key       *ecdsa.PrivateKey
	deepLink  string // its token
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.at = "http://" + l.Addr().String()
	w.issuers(t)

	database := testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	w.database = database
	w.store, err = postgres.Open(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(w.store.Close)
	w.enrol(t)
	keyset := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, vault.CreateKeyset(keyset))
	w.vault, err = vault.FromKeyset(keyset)
	require.NoError(t, err)
	w.key = newKey(t)
	keys, err := webhook.NewKeys(plaidKey{jose.JSONWebKey{Key: &w.key.PublicKey, KeyID: "plaid", Algorithm: "ES256", Use: "sig"}},
		webhook.KeysOptions{})
	require.NoError(t, err)
	verifier, err := webhook.NewVerifier(keys, webhook.VerifierOptions{})
	require.NoError(t, err)
	links, err := deeplink.NewSigner(make([]byte, 32))
	require.NoError(t, err)
	w.deepLink = links.Token(deeplink.Grant{MerchantID: "blue", Slot: theItem + "/1/reminder-1", Expires: time.Now().Add(time.Hour)})
	pages, err := page.New()
	require.NoError(t, err)
	people, err := ops.New()
	require.NoError(t, err)
	bearer, err := signin.NewBearer(t.Context(), w.issuerURL, audience, signin.Options{})
	require.NoError(t, err)
	web, err := signin.NewWeb(bearer, w.store.Sessions(signin.SessionIdle),
		signin.WebOptions{ClientID: "web", ClientSecret: "web", PublicURL: w.at})
	require.NoError(t, err)
	log := testkit.Logger(t).WithOptions(zap.IncreaseLevel(zapcore.WarnLevel))
	w.deps = api.Deps{
		Store: w.store, Plaid: noPlaid{t: t}, Workflows: healthyWorkflow{}, Verifier: verifier, Links: links, Pages: pages,
		Bearer: bearer, Web: web, Ops: people,
		Telemetry: telemetry.New(log, telemetry.Options{}), Dispatcher: inbox.New(w.store, nil, log,
			inbox.Options{}), // never run, so inbox rows wait
		Seal: w.vault.SealBody, Unseal: w.vault.OpenBody, Responses: w.store.Responses(w.vault),
	}
	w.opts = api.Options{Environment: "sandbox", PublicURL: w.at, LinkScriptURL: "https://cdn.plaid.com/link.js"}
	behindProxy(&w.deps, &w.opts)
	w.Server, err = api.New(w.deps, w.opts)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(contract.Hold(t, w.Handler()))
	require.NoError(t, server.Listener.Close())
	server.Listener = l
	server.Start()
	t.Cleanup(server.Close)
	return w
}

// issuers starts the real issuer, with a client and a person per role. It also makes two issuers that sign with the
// same key tokens that are not valid here.
func (w *world) issuers(t *testing.T) {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	w.issuerURL = server.URL + "/"
	opts := issuer.Options{
		Issuer: w.issuerURL, Audience: audience, KeyFile: filepath.Join(t.TempDir(), "issuer.pem"),
		Clients: []issuer.Client{{ID: "web", Secret: "web", RedirectURIs: []string{w.at + signin.CallbackPath}}},
		People:  []issuer.Person{{Subject: "nora", Name: "Nora No-Role"}},
	}
	for _, r := range signin.Roles() {
		opts.Clients = append(opts.Clients, issuer.Client{ID: string(r.Role), Secret: "x", Scopes: r.Scopes})
		opts.People = append(opts.People, issuer.Person{
			Subject: string(r.Role), Name: "The " + string(r.Role), Claims: map[string]any{signin.RolesClaim: []signin.Role{r.Role}},
		})
	}
	var err error
	w.issuer, err = issuer.New(opts)
	require.NoError(t, err)
	handler = w.issuer.Handler()
	elsewhere := opts
	elsewhere.Audience = "https://elsewhere"
	w.stranger, err = issuer.New(elsewhere)
	require.NoError(t, err)
	yesterday := opts
	yesterday.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) }
	w.expired, err = issuer.New(yesterday)
	require.NoError(t, err)
}

// enrol enrols an Item, breaks it and repairs it.
func (w *world) enrol(t *testing.T) {
	t.Helper()
	ref := item.Ref{
		ID: theItem, Environment: "sandbox", MerchantID: "blue", BusinessName: "Blue Bottle",
		InstitutionID: "ins_1", Institution: "First Platypus Bank",
	}
	_, err := w.store.Enrol(t.Context(), enrolment.Enrolment{
		Item: ref, At: noon, Token: vault.Sealed{Ciphertext: []byte("sealed")},
		Merchant: enrolment.Merchant{
			ID: "blue", BusinessName: "Blue Bottle", ContactName: "Ada Lovelace", Email: "ada@bluebottle.example",
			TimeZone: "America/New_York", Locale: "en-US",
		},
	})
	require.NoError(t, err)
	require.NoError(t, w.store.Record(t.Context(), theItem, []item.Transition{
		{
			Incident: 1, Step: item.Opened, From: item.Connected, To: item.LoginRequired, Cause: item.Credentials, At: noon.Add(time.Hour),
			PlaidSays: "ITEM_LOGIN_REQUIRED",
		},
		{Incident: 1, Step: item.Closed, From: item.LoginRequired, To: item.Connected, At: noon.Add(2 * time.Hour)},
	}))
}

// plaidKey is a source with the one key with which Plaid signs.
type plaidKey struct{ key jose.JSONWebKey }

func (p plaidKey) WebhookKey(_ context.Context, kid string) (webhook.Key, error) {
	if kid != p.key.KeyID {
		return webhook.Key{}, webhook.ErrUnknownKey
	}
	return webhook.Key{JWK: p.key}, nil
}

// signed returns Plaid's signature over a body.
func (w *world) signed(t *testing.T, body string) string {
	t.Helper()
	return signedBy(t, w.key, "plaid", time.Now(), body)
}

func (w *world) request(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.at+path, strings.NewReader(body))
	require.NoError(t, err)
	if strings.HasPrefix(path, "/v1/") && body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (w *world) do(t *testing.T, browser *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := browser.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, string(body)
}

// browser returns a client that follows no redirect and has no session.
func browser() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (w *world) signIn(t *testing.T, subject, to string) (*http.Client, string) {
	t.Helper()
	b, page, err := issuer.SignIn(t.Context(), w.at+to, subject)
	require.NoError(t, err)
	return b, page
}

var errTemporalAway = errors.New("temporal is away")

// healthyWorkflow responds like the workflow of a connected Item. Temporal itself is away.
type healthyWorkflow struct{}

func (healthyWorkflow) Opened(context.Context, item.ID, item.Hint) (workflows.Standing, error) {
	return workflows.Standing{}, errTemporalAway
}

func (healthyWorkflow) Completed(context.Context, item.ID, item.Hint) (workflows.Standing, error) {
	return workflows.Standing{State: item.Connected, Incident: 1}, nil
}

func (healthyWorkflow) Run(context.Context, item.ID) (string, string, error) {
	return "", "", errTemporalAway
}

func (healthyWorkflow) Healthy(context.Context) error { return errTemporalAway }

// noPlaid fails the test if it is called, except for the status of banks, which all work. A method that it does not
// have panics, because its Client is nil.
type noPlaid struct {
	*plaid.Client
	t *testing.T
}

func (p noPlaid) LoginsDown(context.Context, string) (bool, error) { return false, nil }

func (p noPlaid) Exchange(context.Context, string) (linksession.Linked, error) {
	p.t.Error("Plaid was asked to exchange a token")
	return linksession.Linked{}, errors.New("unexpected")
}

func (p noPlaid) UpdateLinkToken(context.Context, plaid.UpdateLink) (plaid.LinkToken, error) {
	p.t.Error("Plaid was asked for a link token")
	return plaid.LinkToken{}, errors.New("unexpected")
}

func (p noPlaid) Adopt(context.Context, item.ID, string) (linksession.Linked, error) {
	p.t.Error("Plaid was asked about an access token")
	return linksession.Linked{}, errors.New("unexpected")
}

func (p noPlaid) Accounts(context.Context, vault.Sealed) ([]item.Account, error) {
	p.t.Error("Plaid was asked for accounts")
	return nil, errors.New("unexpected")
}

func (p noPlaid) NewLinkToken(context.Context, plaid.NewLink) (plaid.NewLinkToken, error) {
	p.t.Error("Plaid was asked for a first link token")
	return plaid.NewLinkToken{}, errors.New("unexpected")
}

// AccessToken returns an error, because the world's Item has no access token.
func (p noPlaid) AccessToken(vault.Sealed) (plaid.Secret, error) {
	return "", errors.New("nothing to open")
}
