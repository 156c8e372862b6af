package localplaid_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"

	"relink/internal/localplaid"
	"relink/internal/localplaid/contract"
)

const (
	platypus      = "ins_109508"
	platypusOAuth = "ins_127287"
)

// clock is the sandbox's clock; it moves only by advance.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// rig is a running local Plaid, the official client on it, and a webhook receiver. All API traffic is held against
// Plaid's OpenAPI file.
type rig struct {
	t        *testing.T
	dataFile string
	clock    *clock
	server   *localplaid.Server
	url      string
	contract *contract.Transport
	api      *plaid.PlaidApiService
	receiver *receiver
}

func setup(t *testing.T) *rig {
	t.Helper()
	b := newRig(t, "")
	b.run()
	return b
}

// newRig does not run the server: no webhook leaves by itself. An empty dataFile keeps nothing.
func newRig(t *testing.T, dataFile string) *rig {
	t.Helper()
	b := &rig{t: t, dataFile: dataFile, clock: &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}, receiver: newReceiver(t)}
	b.start()
	return b
}

func (b *rig) run() {
	b.t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(b.t.Context()))
	stopped := make(chan error)
	go func() { stopped <- b.server.Run(ctx) }()
	b.t.Cleanup(func() {
		stop()
		require.NoError(b.t, <-stopped)
	})
}

func (b *rig) start() {
	b.t.Helper()
	t := b.t
	server, err := localplaid.New(localplaid.Options{ClientID: "client", Secret: "secret", Now: b.clock.Now, DataFile: b.dataFile})
	require.NoError(t, err)
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	b.server, b.url = server, web.URL
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	b.contract = contract.NewTransport(t, transport)
	b.api = b.client("client", "secret")
}

func (b *rig) client(clientID, secret string) *plaid.PlaidApiService {
	cfg := plaid.NewConfiguration()
	cfg.UseEnvironment(plaid.Environment(b.url))
	cfg.AddDefaultHeader("PLAID-CLIENT-ID", clientID)
	cfg.AddDefaultHeader("PLAID-SECRET", secret)
	cfg.HTTPClient = &http.Client{Transport: b.contract, Timeout: 5 * time.Second}
	return plaid.NewAPIClient(cfg).PlaidApi
}

// newItem creates an Item at an institution and returns its access token and id.
func (b *rig) newItem(institution, webhookURL string) (accessToken, itemID string) {
	b.t.Helper()
	req := plaid.NewSandboxPublicTokenCreateRequest(institution, []plaid.Products{plaid.PRODUCTS_TRANSACTIONS})
	if webhookURL != "" {
		options := plaid.NewSandboxPublicTokenCreateRequestOptions()
		options.SetWebhook(webhookURL)
		req.SetOptions(*options)
	}
	created, _, err := b.api.SandboxPublicTokenCreate(b.t.Context()).SandboxPublicTokenCreateRequest(*req).Execute()
	require.NoError(b.t, err)
	return b.exchange(created.PublicToken)
}

func (b *rig) exchange(publicToken string) (accessToken, itemID string) {
	b.t.Helper()
	got, _, err := b.api.ItemPublicTokenExchange(b.t.Context()).
		ItemPublicTokenExchangeRequest(*plaid.NewItemPublicTokenExchangeRequest(publicToken)).Execute()
	require.NoError(b.t, err)
	return got.AccessToken, got.ItemId
}

// item reads /item/get.
func (b *rig) item(accessToken string) plaid.ItemGetResponse {
	b.t.Helper()
	got, _, err := b.api.ItemGet(b.t.Context()).ItemGetRequest(*plaid.NewItemGetRequest(accessToken)).Execute()
	require.NoError(b.t, err)
	return got
}

// itemError is the error code of /item/get; empty when healthy.
func (b *rig) itemError(accessToken string) string {
	b.t.Helper()
	failure := b.item(accessToken).Item.Error.Get()
	if failure == nil {
		return ""
	}
	return failure.ErrorCode
}

func linkTokenRequest() *plaid.LinkTokenCreateRequest {
	return plaid.NewLinkTokenCreateRequest(
		"Acme",
		"en",
		[]plaid.CountryCode{plaid.COUNTRYCODE_US},
		plaid.LinkTokenCreateRequestUser{ClientUserId: "merchant_42"},
	)
}

// updateToken mints an update-mode link token; newToken one for a new Item.
func (b *rig) updateToken(accessToken string) string {
	b.t.Helper()
	req := linkTokenRequest()
	req.SetAccessToken(accessToken)
	got, _, err := b.api.LinkTokenCreate(b.t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(b.t, err)
	return got.LinkToken
}

func (b *rig) newToken() string {
	b.t.Helper()
	req := linkTokenRequest()
	req.SetProducts([]plaid.Products{plaid.PRODUCTS_TRANSACTIONS})
	req.SetWebhook(b.receiver.url)
	got, _, err := b.api.LinkTokenCreate(b.t.Context()).LinkTokenCreateRequest(*req).Execute()
	require.NoError(b.t, err)
	return got.LinkToken
}

func (b *rig) linkToken(token string) plaid.LinkTokenGetResponse {
	b.t.Helper()
	got, _, err := b.api.LinkTokenGet(b.t.Context()).LinkTokenGetRequest(*plaid.NewLinkTokenGetRequest(token)).Execute()
	require.NoError(b.t, err)
	return got
}

// post sends JSON to the sandbox outside Plaid's API and decodes the answer.
func (b *rig) post(path string, body, into any) (status int) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(b.t, err)
	return b.do(http.MethodPost, path, bytes.NewReader(raw), into)
}

func (b *rig) get(path string, into any) {
	b.t.Helper()
	require.Equal(b.t, 200, b.do(http.MethodGet, path, nil, into))
}

func (b *rig) do(method, path string, body io.Reader, into any) int {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, body)
	require.NoError(b.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	if into == nil {
		return resp.StatusCode
	}
	require.NoError(b.t, json.NewDecoder(resp.Body).Decode(into))
	return resp.StatusCode
}

// plaidFailure unwraps the official client's error.
func plaidFailure(t *testing.T, err error) plaid.PlaidError {
	t.Helper()
	var api plaid.GenericOpenAPIError
	require.ErrorAs(t, err, &api, "want an error of Plaid's API")
	failure, err := plaid.ToPlaidError(api)
	require.NoError(t, err)
	return failure
}

// received is one webhook as it arrived.
type received struct {
	token string
	body  []byte
}

// receiver takes webhooks, answers with a status that tests set, and keeps the webhooks.
type receiver struct {
	url string

	mu         sync.Mutex
	status     int
	retryAfter string
	got        []received
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if err == nil {
			r.got = append(r.got, received{token: req.Header.Get("Plaid-Verification"), body: body})
		}
		if r.retryAfter != "" {
			w.Header().Set("Retry-After", r.retryAfter)
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(web.Close)
	r.url = web.URL + "/webhooks"
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) answerRetryAfter(status int, retryAfter string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.retryAfter = status, retryAfter
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received{}, r.got...)
}

// wait waits until n webhooks have come, and returns the n-th.
func (r *receiver) wait(t *testing.T, n int) received {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.all()) >= n }, 5*time.Second, 2*time.Millisecond, "webhook %d never came", n)
	return r.all()[n-1]
}

// slowReceiver sends on arrived for each webhook and answers 200, but not before release is closed.
func slowReceiver(t *testing.T, release <-chan struct{}, arrived chan<- struct{}) (url string) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(web.Close)
	return web.URL
}
