package plaid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
)

// UpdateLink is a request for update-mode Link on one Item. ItemID, Sealed, MerchantID and Language are required.
type UpdateLink struct {
	ItemID item.ID
	Sealed item.Sealed // the Item's access token
	// MerchantID is sent as client_user_id: it must not be a person's name or address.
	MerchantID string
	// Language is one that Link speaks, such as "en" or "es".
	Language string
	// CountryCodes are ISO 3166-1 alpha-2; default: the client's own.
	CountryCodes []string
	// RedirectURI is where an OAuth bank sends the merchant back to, without query or fragment; it must be on the
	// dashboard's allow-list. Mail apps' browsers open no pop-up, so that OAuth banks need it there.
	RedirectURI string
	// AccountSelection lets the merchant share accounts anew; NO_ACCOUNTS cannot be repaired without it.
	AccountSelection bool
}

// LinkToken opens Link once, until ExpiresAt: 30 minutes in update mode. It is never mailed, and kept only as Sealed.
type LinkToken struct {
	Token Secret
	// Sealed is Token, for the row item.LinkTokenRow: what LinkedAt asks with.
	Sealed    item.Sealed
	ExpiresAt time.Time
}

// UpdateLinkToken mints a link token that repairs an existing Item. No products are sent: that is what Plaid asks for
// in update mode.
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
	if in.AccountSelection {
		// Not the SDK's constructor: it would send "user": false too.
		request.SetUpdate(sdk.LinkTokenCreateRequestUpdate{AccountSelectionEnabled: sdk.PtrBool(true)})
	}
	answer, response, err := call(ctx, c, func(ctx context.Context) (sdk.LinkTokenCreateResponse, *http.Response, error) {
		return c.api.LinkTokenCreate(ctx).LinkTokenCreateRequest(*request).Execute()
	})
	if err == nil && (answer.LinkToken == "" || answer.Expiration.IsZero()) {
		err = errUnreadable(response)
	}
	if err != nil {
		return LinkToken{}, fmt.Errorf("create link token: %w", err)
	}
	sealed, err := c.vault.Seal(item.LinkTokenRow(in.ItemID), answer.LinkToken)
	if err != nil {
		return LinkToken{}, fmt.Errorf("seal link token: %w", err)
	}
	return LinkToken{Token: Secret(answer.LinkToken), Sealed: sealed, ExpiresAt: answer.Expiration.UTC()}, nil
}
