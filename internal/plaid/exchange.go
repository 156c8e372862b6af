package plaid

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/vault"
)

// Exchange turns a public token, which lives 30 minutes and works once, into a linked Item. The caller must store the
// result, since there is no second one. For the same reason a failure to learn the institution is no error.
func (c *Client) Exchange(ctx context.Context, publicToken string) (linksession.Linked, error) {
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.ItemPublicTokenExchangeResponse, *http.Response, error) {
		request := sdk.NewItemPublicTokenExchangeRequest(publicToken)
		return c.api.ItemPublicTokenExchange(ctx).ItemPublicTokenExchangeRequest(*request).Execute()
	})
	if err == nil && (got.AccessToken == "" || got.ItemId == "") {
		err = errUnreadable(response)
	}
	if err != nil {
		return linksession.Linked{}, fmt.Errorf("exchange public token: %w", err)
	}
	linked := linksession.Linked{ItemID: item.ID(got.ItemId)}
	linked.Token, err = c.vault.SealToken(linked.ItemID, got.AccessToken)
	if err != nil {
		return linksession.Linked{}, fmt.Errorf("seal access token of item %s: %w", linked.ItemID, err)
	}
	described, err := c.getItem(ctx, got.AccessToken)
	if err != nil {
		return linked, nil //nolint:nilerr // the Item is ours, and its name can be learned later
	}
	it := described.Item
	linked.InstitutionID = it.GetInstitutionId()
	linked.Institution = c.institutionName(ctx, it)
	linked.Webhook, linked.Described = it.GetWebhook(), true
	return linked, nil
}

// ErrOtherItem is returned when an access token belongs to another Item than the caller says.
var ErrOtherItem = errors.New("the access token belongs to another item")

// Adopt takes over an Item that somebody else linked. It asks Plaid whose token it is and seals the token. A broken
// Item can be adopted; one that Plaid does not know cannot.
func (c *Client) Adopt(ctx context.Context, id item.ID, accessToken string) (linksession.Linked, error) {
	got, err := c.getItem(ctx, accessToken)
	if err != nil {
		return linksession.Linked{}, fmt.Errorf("adopt item %s: %w", id, err)
	}
	it := got.Item
	if item.ID(it.ItemId) != id {
		return linksession.Linked{}, fmt.Errorf("adopt item %s: %w", id, ErrOtherItem)
	}
	sealed, err := c.vault.SealToken(id, accessToken)
	if err != nil {
		return linksession.Linked{}, fmt.Errorf("seal access token of item %s: %w", id, err)
	}
	return linksession.Linked{
		ItemID: id, InstitutionID: it.GetInstitutionId(), Institution: c.institutionName(ctx, it), Token: sealed,
		Webhook: it.GetWebhook(), Described: true,
	}, nil
}

// AccessToken opens an Item's access token for the only caller that may have it: the platform, which pulls data with
// it.
func (c *Client) AccessToken(sealed vault.Sealed) (Secret, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return "", fmt.Errorf("open access token: %w", err)
	}
	return Secret(token), nil
}

// IsPublicTokenRefused reports that Plaid takes a public token for spent, expired or forged. Plaid does not say which.
func IsPublicTokenRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == "INVALID_PUBLIC_TOKEN"
}
