package plaid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
	"relink/internal/neighbour/httpx"
	"relink/internal/vault"
)

// callTimeout bounds one call, from dialling to the last byte of the response.
const callTimeout = 15 * time.Second

// clientNameLimit is the most characters of a client name. Link shows "This Application" instead of a longer name.
// Source: /link/token/create, client_name.
const clientNameLimit = 30

// sealer seals tokens for the row they belong to and opens them again.
type sealer interface {
	SealToken(id item.ID, token string) (vault.Sealed, error)
	Seal(row, secret string) (vault.Sealed, error)
	Open(sealed vault.Sealed) (string, error)
}

// loginStatusStore lets one process ask about an institution for all processes. Its contracts are those of
// postgres.Store.
type loginStatusStore interface {
	AcquireLoginCheck(ctx context.Context, institutionID string, every time.Duration) (mine bool, last item.LoginStatus, err error)
	SaveLoginStatus(ctx context.Context, institutionID string, status item.LoginStatus) error
}

// Options configure a Client. Environment, ClientID, Secrets and ClientName are required.
type Options struct {
	// Environment is "sandbox" or "production".
	Environment string
	ClientID    string
	// Secrets returns the API secrets that may be valid now, the preferred one first. There are two while rotating,
	// because Plaid accepts both until one is deleted. It is called for every request, from many goroutines.
	Secrets func() []string
	// BaseURL replaces the environment's official URL.
	BaseURL string
	// ClientName is the name that Link shows for us, at most 30 characters.
	ClientName string
	// CountryCodes are the countries of our merchants' institutions, ISO 3166-1 alpha-2; default US.
	CountryCodes []string
	// Logins stores the status of institutions for all processes of this client id. When it is nil, each process knows
	// only what it asked itself.
	Logins loginStatusStore
	// HTTPClient carries the calls. The Client uses a copy of it that follows no redirect and, unless it has a timeout of
	// its own, gives up after 15 s. It may be nil.
	HTTPClient *http.Client
}

// Client calls Plaid's API. It is safe for concurrent use.
type Client struct {
	api          *sdk.PlaidApiService
	vault        sealer
	opts         Options
	institutions *institutions

	mu     sync.Mutex
	worked string // the secret that Plaid accepted last
}

// New checks the options and returns a Client. It does not call Plaid.
func New(opts Options, v sealer) (*Client, error) {
	base, err := baseURL(opts)
	if v == nil {
		err = errors.Join(err, errors.New("a vault is required"))
	}
	if opts.ClientID == "" {
		err = errors.Join(err, errors.New("a client id is required"))
	}
	if opts.Secrets == nil || len(opts.Secrets()) == 0 || slices.Contains(opts.Secrets(), "") {
		err = errors.Join(err, errors.New("at least one secret is required, and none may be empty"))
	}
	if n := utf8.RuneCountInString(opts.ClientName); n == 0 || n > clientNameLimit {
		err = errors.Join(err, fmt.Errorf("the client name must have 1 to %d characters, not %d", clientNameLimit, n))
	}
	if err != nil {
		return nil, fmt.Errorf("plaid client: %w", err)
	}
	if len(opts.CountryCodes) == 0 {
		opts.CountryCodes = []string{"US"}
	}
	cfg := sdk.NewConfiguration()
	cfg.UseEnvironment(sdk.Environment(base))
	cfg.HTTPClient = httpx.WithoutRedirects(opts.HTTPClient, callTimeout)
	return &Client{api: sdk.NewAPIClient(cfg).PlaidApi, vault: v, opts: opts, institutions: newInstitutions()}, nil
}

func baseURL(opts Options) (string, error) {
	var official string
	switch opts.Environment {
	case "sandbox":
		official = string(sdk.Sandbox)
	case "production":
		official = string(sdk.Production)
	default:
		return "", fmt.Errorf(`the environment must be "sandbox" or "production", not %q`, opts.Environment)
	}
	base := strings.TrimRight(cmp.Or(opts.BaseURL, official), "/")
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", errors.New("the base URL must be an absolute http or https URL")
	}
	return base, nil
}
