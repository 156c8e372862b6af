package plaid

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/vault"
)

// UpdateLink is a request for update-mode Link on one Item. ItemID, Sealed, MerchantID and Language are required.
type UpdateLink struct {
	ItemID item.ID
	Sealed vault.Sealed // the Item's access token
	// MerchantID is sent as client_user_id: it must not be a person's name or address.
	MerchantID string
	// Language is one of Link's languages: see LinkLanguage.
	Language string
	// CountryCodes are ISO 3166-1 alpha-2; default: the client's own.
	CountryCodes []string
	// RedirectURI is where an OAuth bank sends the merchant back to, without query or fragment; it must be on the
	// dashboard's allow-list. The browsers of mail apps open no pop-up, so OAuth banks need it there.
	RedirectURI string
	// AccountSelection lets the merchant choose the shared accounts again. NO_ACCOUNTS cannot be repaired without it.
	AccountSelection bool
	// Webhook is where webhooks about the Link session go. When it is empty, they go where the Item's go.
	Webhook string
	// HostedReturn, when it is not empty, asks for Hosted Link: a page of Plaid's own, which leads to this URL at its
	// end. It does so whether or not the merchant was successful, so the return proves nothing.
	HostedReturn string
}

// LinkToken opens Link once, until ExpiresAt: 30 minutes in update mode. It is never mailed, and is stored only as
// Sealed.
type LinkToken struct {
	Token Secret
	// Sealed is Token, sealed for the row linksession.TokenRow. LinkedAt takes it.
	Sealed vault.Sealed
	// Hash is Token's sha256, as linksession.Minted has it.
	Hash      []byte
	ExpiresAt time.Time
	// HostedURL is Hosted Link's page, as secret as the token. It is empty unless HostedReturn was set.
	HostedURL Secret
}

// updateLinkLife is how long a link token lives in update mode (https://plaid.com/docs/api/link, expiration). Plaid
// accepts a longer url_lifetime_seconds for other sessions; it is not documented to hold for these.
const updateLinkLife = 30 * time.Minute

// linkLanguages are Link's languages, in any country: LinkTokenCreateRequest.language in Plaid's OpenAPI
// file.
var linkLanguages = []string{"da", "nl", "en", "et", "fr", "de", "it", "lv", "lt", "no", "pl", "pt", "ro", "es", "sv"}

// LinkLanguage returns the language for Link that fits a locale (BCP 47), or English when Link does not have it.
func LinkLanguage(locale string) string {
	language, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(locale), "_", "-"), "-")
	if language == "nb" || language == "nn" { // both are written Norwegian
		language = "no"
	}
	if !slices.Contains(linkLanguages, language) {
		return "en"
	}
	return language
}

// UpdateLinkToken mints a link token that repairs an existing Item. No products are sent, as Plaid demands in update
// mode.
func (c *Client) UpdateLinkToken(ctx context.Context, in UpdateLink) (LinkToken, error) {
	if in.ItemID == "" || in.MerchantID == "" || in.Language == "" {
		return LinkToken{}, errors.New("create link token: item, merchant and language are required")
	}
	token, err := c.vault.Open(in.Sealed)
	if err != nil {
		return LinkToken{}, fmt.Errorf("open access token: %w", err)
	}
	countries := in.CountryCodes
	if len(countries) == 0 {
		countries = c.opts.CountryCodes
	}
	request := sdk.NewLinkTokenCreateRequest(
		c.opts.ClientName, in.Language, countryCodes(countries), *sdk.NewLinkTokenCreateRequestUser(in.MerchantID))
	request.SetAccessToken(token)
	if in.RedirectURI != "" {
		request.SetRedirectUri(in.RedirectURI)
	}
	if in.Webhook != "" {
		request.SetWebhook(in.Webhook)
	}
	if in.HostedReturn != "" {
		// Not the SDK's constructor: it would send is_mobile_app too.
		request.SetHostedLink(sdk.LinkTokenCreateHostedLink{
			CompletionRedirectUri: &in.HostedReturn, UrlLifetimeSeconds: sdk.PtrInt32(int32(updateLinkLife.Seconds())),
		})
	}
	if in.AccountSelection {
		// Not the SDK's constructor: it would send "user": false too.
		request.SetUpdate(sdk.LinkTokenCreateRequestUpdate{AccountSelectionEnabled: sdk.PtrBool(true)})
	}
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.LinkTokenCreateResponse, *http.Response, error) {
		return c.api.LinkTokenCreate(ctx).LinkTokenCreateRequest(*request).Execute()
	})
	if err == nil && (got.LinkToken == "" || got.Expiration.IsZero() || (in.HostedReturn != "" && got.GetHostedLinkUrl() == "")) {
		err = errUnreadable(response)
	}
	if err != nil {
		return LinkToken{}, fmt.Errorf("create link token: %w", err)
	}
	sealed, err := c.vault.Seal(linksession.TokenRow(in.ItemID), got.LinkToken)
	if err != nil {
		return LinkToken{}, fmt.Errorf("seal link token: %w", err)
	}
	hash := sha256.Sum256([]byte(got.LinkToken))
	return LinkToken{
		Token: Secret(got.LinkToken), Sealed: sealed, Hash: hash[:],
		ExpiresAt: got.Expiration.UTC(), HostedURL: Secret(got.GetHostedLinkUrl()),
	}, nil
}

// OpenLinkToken opens a stored link token for the browser that it was minted in, because after a bank's own pages Link
// continues with the same token. It does not call Plaid.
func (c *Client) OpenLinkToken(sealed vault.Sealed) (Secret, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return "", fmt.Errorf("open link token: %w", err)
	}
	return Secret(token), nil
}
