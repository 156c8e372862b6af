package plaid

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/linksession"
)

// NewLink is a request for a first Link session, which makes a new Item. MerchantID, Language, Products and Webhook are
// required.
type NewLink struct {
	// MerchantID is sent as client_user_id: it must not be a person's name or address.
	MerchantID string
	// Language is one of Link's languages, such as "en" or "es".
	Language string
	// CountryCodes are ISO 3166-1 alpha-2; default: the client's own.
	CountryCodes []string
	// Products are Plaid's products, such as "transactions". Link does not offer a bank that lacks one of them.
	Products []string
	// RedirectURI is where an OAuth bank sends the merchant back to. It belongs to the page that opens Link, has no query
	// or fragment, and is on the dashboard's allow-list.
	RedirectURI string
	// Webhook is where Plaid sends the new Item's webhooks.
	Webhook string
}

// NewLinkToken is a link token that links an Item which does not exist yet. It lives for 4 hours.
type NewLinkToken struct {
	LinkToken
	// Hash is the token's sha256, by which the token is found again.
	Hash []byte
}

// NewLinkToken mints a link token for a first Link session.
func (c *Client) NewLinkToken(ctx context.Context, in NewLink) (NewLinkToken, error) {
	if in.MerchantID == "" || in.Language == "" || len(in.Products) == 0 || in.Webhook == "" {
		return NewLinkToken{}, errors.New("create first link token: merchant, language, products and webhook are required")
	}
	countries := in.CountryCodes
	if len(countries) == 0 {
		countries = c.opts.CountryCodes
	}
	request := sdk.NewLinkTokenCreateRequest(
		c.opts.ClientName, in.Language, countryCodes(countries), *sdk.NewLinkTokenCreateRequestUser(in.MerchantID))
	products := make([]sdk.Products, len(in.Products))
	for i, p := range in.Products {
		products[i] = sdk.Products(p)
	}
	request.SetProducts(products)
	request.SetWebhook(in.Webhook)
	if in.RedirectURI != "" {
		request.SetRedirectUri(in.RedirectURI)
	}
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.LinkTokenCreateResponse, *http.Response, error) {
		return c.api.LinkTokenCreate(ctx).LinkTokenCreateRequest(*request).Execute()
	})
	if err == nil && (got.LinkToken == "" || got.Expiration.IsZero()) {
		err = errUnreadable(response)
	}
	if err != nil {
		return NewLinkToken{}, fmt.Errorf("create first link token: %w", err)
	}
	sealed, err := c.vault.Seal(linksession.FirstLinkRow(in.MerchantID), got.LinkToken)
	if err != nil {
		return NewLinkToken{}, fmt.Errorf("seal link token: %w", err)
	}
	return NewLinkToken{
		LinkToken: LinkToken{Token: Secret(got.LinkToken), Sealed: sealed, ExpiresAt: got.Expiration.UTC()},
		Hash:      HashToken(got.LinkToken),
	}, nil
}

// HashToken returns the sha256 of a public token or a link token, for places where the token itself must not be stored.
// The tokens are random enough that the hash does not reveal them.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// KnownCountry reports whether Plaid has institutions in a country.
func KnownCountry(code string) bool {
	return sdk.CountryCode(code).IsValid()
}

// KnownProduct reports whether Plaid has a product.
func KnownProduct(name string) bool {
	return sdk.Products(name).IsValid()
}
