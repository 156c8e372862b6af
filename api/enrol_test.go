package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"relink/api"
	"relink/api/v1/contract"
	"relink/internal/item"
	"relink/internal/localplaid"
	"relink/internal/plaid"
	"relink/internal/postgres"
	"relink/internal/signin"
)

const acme = `"merchant":{"id":"acme","business_name":"Acme","contact_name":"Grace Hopper","email":"grace@acme.example"}`

// enrolling is a world with the local Plaid.
type enrolling struct {
	*world
	plaidURL string
	token    string // of the platform
	// exchanged is called when Plaid has exchanged a token, before it responds.
	exchanged func()
}

func newEnrolling(t *testing.T) *enrolling {
	t.Helper()
	e := &enrolling{world: newWorld(t), exchanged: func() {}}
	local, err := localplaid.New(localplaid.Options{ClientID: "client", Secret: "secret"})
	require.NoError(t, err)
	at := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		local.Handler().ServeHTTP(rec, r)
		if r.URL.Path == "/item/public_token/exchange" && rec.Code == http.StatusOK {
			e.exchanged()
		}
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(at.Close)
	e.plaidURL, e.token = at.URL, issued(t, e.issuer, signin.Platform)
	e.deps.Plaid, err = plaid.New(plaid.Options{
		Environment: "sandbox", ClientID: "client", Secrets: func() []string { return []string{"secret"} }, BaseURL: at.URL, ClientName: "relink",
	}, e.vault)
	require.NoError(t, err)
	e.opts.EnrolWithin = 300 * time.Millisecond
	e.start(t)
	return e
}

// start starts the api, as a new process.
func (e *enrolling) start(t *testing.T) {
	t.Helper()
	store, err := postgres.Open(t.Context(), e.database)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	e.store, e.deps.Store, e.deps.Responses = store, store, store.Responses(e.vault)
	e.Server, err = api.New(e.deps, e.opts)
	require.NoError(t, err)
}

// call returns the status, the body as an object, and the header.
func (e *enrolling) call(t *testing.T, method, path, key, body string) (int, map[string]any, http.Header) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+e.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	rec := httptest.NewRecorder()
	contract.Hold(t, e.Handler()).ServeHTTP(rec, req)
	response := map[string]any{}
	if rec.Body.Len() > 0 {
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &response), rec.Body.String())
	}
	return rec.Code, response, rec.Header()
}

// atPlaid calls the local Plaid itself.
func (e *enrolling) atPlaid(t *testing.T, path, body string) map[string]string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.plaidURL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("PLAID-CLIENT-ID", "client")
	req.Header.Set("PLAID-SECRET", "secret")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var response map[string]any
	require.NoError(t, json.NewDecoder(res.Body).Decode(&response))
	require.Equal(t, http.StatusOK, res.StatusCode, "%v", response)
	texts := map[string]string{}
	for k, v := range response {
		texts[k] = fmt.Sprint(v)
	}
	return texts
}

func (e *enrolling) publicToken(t *testing.T) string {
	t.Helper()
	return e.atPlaid(t, "/sandbox/public_token/create", `{"institution_id":"ins_109508","initial_products":["auth"]}`)["public_token"]
}

// rows counts rows in the database.
func (e *enrolling) rows(t *testing.T, sql string, args ...any) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), e.database)
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

// cut makes the database unreachable, or reachable again.
func (e *enrolling) cut(t *testing.T, away bool) {
	t.Helper()
	at, err := url.Parse(e.database)
	require.NoError(t, err)
	name := strings.TrimPrefix(at.Path, "/")
	at.Path = "/postgres"
	conn, err := pgx.Connect(context.Background(), at.String())
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(context.Background(), fmt.Sprintf(`ALTER DATABASE %s ALLOW_CONNECTIONS %t`, pgx.Identifier{name}.Sanitize(), !away))
	require.NoError(t, err)
	if away {
		_, err = conn.Exec(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
		require.NoError(t, err)
	}
}

func TestEnrol_underAKeyRunsOnceAndRespondsAlike(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	body := `{"public_token":"` + e.publicToken(t) + `",` + acme + `,"consent":{"who":"Grace Hopper","at":"2026-11-22T12:00:00Z",` +
		`"products":["auth"],"copy_version":"v3","required_accounts":["a"]}}`
	status, first, header := e.call(t, http.MethodPost, "/v1/items", "key-1", body)
	require.Equal(t, http.StatusCreated, status, "%v", first)
	require.Equal(t, true, first["webhook_url_differs"])
	status, again, headerAgain := e.call(t, http.MethodPost, "/v1/items", "key-1", body)
	require.Equal(t, http.StatusCreated, status)
	require.Equal(t, first, again)
	require.Equal(t, header.Get("Location"), headerAgain.Get("Location"))

	status, problem, _ := e.call(t, http.MethodPost, "/v1/items", "key-1", `{"public_token":"other",`+acme+`}`)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, "urn:relink:problem:idempotency_key_reused", problem["type"])
	status, again, _ = e.call(t, http.MethodPost, "/v1/items", "", body)
	require.Equal(t, http.StatusOK, status, "also without a key: the token's own Item is the response")
	require.Equal(t, first["item_id"], again["item_id"])

	id := item.ID(first["item_id"].(string))
	status, shown, _ := e.call(t, http.MethodGet, "/v1/items/"+string(id), "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{
		"who": "Grace Hopper", "at": "2026-11-22T12:00:00Z", "products": []any{"auth"}, "copy_version": "v3", "required_accounts": []any{"a"},
	}, shown["consent"])
	_, connections, err := e.store.Merchant(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, "Plaid Checking", connections[0].Accounts[0].Name)
	require.Equal(t, 1, e.rows(t, `SELECT count(*) FROM items WHERE merchant_id = 'acme'`))
}

func TestEnrol_underAKeyInProgressIsToWait(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	body := `{"public_token":"` + e.publicToken(t) + `",` + acme + `}`
	e.exchanged = func() {
		status, problem, header := e.call(t, http.MethodPost, "/v1/items", "key-1", body)
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, "urn:relink:problem:request_in_progress", problem["type"])
		require.NotEmpty(t, header.Get("Retry-After"))
		status, _, _ = e.call(t, http.MethodPost, "/v1/items", "", body)
		require.Equal(t, http.StatusConflict, status, "nor does it help to leave the key away")
	}
	status, _, _ := e.call(t, http.MethodPost, "/v1/items", "key-1", body)
	require.Equal(t, http.StatusCreated, status)
}

func TestEnrol_afterACrashBetweenExchangeAndCommitTheTokenIsSpent(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	body := `{"public_token":"` + e.publicToken(t) + `",` + acme + `}`
	e.exchanged = func() { e.cut(t, true) } // from here on it can do nothing more than a dead process
	status, _, _ := e.call(t, http.MethodPost, "/v1/items", "key-1", body)
	require.Equal(t, http.StatusServiceUnavailable, status)

	e.cut(t, false)
	e.exchanged = func() { t.Error("a spent token was exchanged") }
	e.start(t)
	status, problem, _ := e.call(t, http.MethodPost, "/v1/items", "key-1", body)
	require.Equal(t, http.StatusConflict, status, "for all that is known the first one is still at it")
	require.Equal(t, "urn:relink:problem:request_in_progress", problem["type"])
	require.Equal(t, 1, e.rows(t, `
		WITH x AS (UPDATE exchanges SET busy_until = now() RETURNING 1),
			y AS (UPDATE idempotency SET busy_until = now()) SELECT count(*) FROM x`))
	for range 2 {
		status, problem, _ = e.call(t, http.MethodPost, "/v1/items", "key-1", body)
		require.Equal(t, http.StatusConflict, status)
		require.Equal(t, "urn:relink:problem:public_token_spent", problem["type"])
	}
	for range 2 {
		status, problem, _ = e.call(t, http.MethodPost, "/v1/items", "",
			`{"public_token":"public-sandbox-11111111-1111-1111-1111-111111111111",`+acme+`}`)
		require.Equal(t, http.StatusUnprocessableEntity, status, "a forged token is another problem: %v", problem)
		require.Equal(t, "urn:relink:problem:plaid_refused", problem["type"])
	}
	e.exchanged = func() {}
	status, _, _ = e.call(t, http.MethodPost, "/v1/items", "key-2", `{"public_token":"`+e.publicToken(t)+`",`+acme+`}`)
	require.Equal(t, http.StatusCreated, status, "the merchant links once more")
}

func TestEnrol_adoptsAnItemOfThePlatformWithItsOwnToken(t *testing.T) {
	t.Parallel()
	e := newEnrolling(t)
	mine := e.atPlaid(t, "/item/public_token/exchange", `{"public_token":"`+e.publicToken(t)+`"}`)
	other := e.atPlaid(t, "/item/public_token/exchange", `{"public_token":"`+e.publicToken(t)+`"}`)
	for _, wrong := range []struct{ body, detail string }{
		{`{` + acme + `}`, "public_token is missing, or item_id with access_token"},
		{
			`{"public_token":"p","item_id":"i","access_token":"a",` + acme + `}`,
			"public_token is sent together with item_id or access_token: send one or the other",
		},
		{`{"item_id":"i",` + acme + `}`, "access_token is missing: item_id comes with it"},
		{`{"access_token":"a",` + acme + `}`, "item_id is missing: access_token comes with it"},
		{`{"item_id":"i","access_token":"a"}`, "merchant is missing, or merchant_id"},
		{`{"item_id":"i","access_token":"a","merchant":{"id":"x"}}`, "merchant.business_name is missing; merchant.email is missing"},
		{
			`{"item_id":"i","access_token":"a","consent":{"at":"2026-11-22T12:00:00Z","products":["gold"]},` + acme + `}`,
			`consent.products.0 is no product of Plaid's`,
		},
	} {
		status, problem, _ := e.call(t, http.MethodPost, "/v1/items", "", wrong.body)
		require.Equal(t, http.StatusBadRequest, status, wrong.body)
		require.Equal(t, wrong.detail, problem["detail"])
	}
	status, problem, _ := e.call(t, http.MethodPost, "/v1/items", "",
		`{"item_id":"`+mine["item_id"]+`","access_token":"`+other["access_token"]+`",`+acme+`}`)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, "access_token opens another Item than item_id", problem["detail"])
	status, problem, _ = e.call(t, http.MethodPost, "/v1/items", "",
		`{"item_id":"`+mine["item_id"]+`","access_token":"access-sandbox-11111111-1111-1111-1111-111111111111",`+acme+`}`)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, problem["detail"], "access_token is none that Plaid knows")

	status, response, _ := e.call(t, http.MethodPost, "/v1/items", "",
		`{"item_id":"`+mine["item_id"]+`","access_token":"`+mine["access_token"]+`",`+acme+`}`)
	require.Equal(t, http.StatusCreated, status, "%v", response)
	require.Equal(t, true, response["webhook_url_differs"])
	sealed, err := e.store.Token(t.Context(), item.ID(mine["item_id"]))
	require.NoError(t, err)
	opened, err := e.vault.Open(sealed)
	require.NoError(t, err)
	require.Equal(t, mine["access_token"], opened)

	status, response, header := e.call(t, http.MethodPost, "/v1/items/"+mine["item_id"]+"/access-token", "", `{"reason":"nightly pull"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, mine["access_token"], response["access_token"])
	require.Equal(t, "no-store", header.Get("Cache-Control"))
	require.Equal(t, 1, e.rows(t, `SELECT count(*) FROM audit
		WHERE kind = 'access_token_shown' AND data::text = '{"by":"platform","reason":"nightly pull"}'`))
}
