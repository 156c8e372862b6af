package plaid

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
)

// Exchange turns a public token, which lives 30 minutes and works once, into a linked Item. Whoever gets the answer
// must store it: there is no second one. For the same reason a failure to learn the institution is no error.
func (c *Client) Exchange(ctx context.Context, publicToken string) (item.Linked, error) {
	answer, response, err := call(ctx, c, func(ctx context.Context) (sdk.ItemPublicTokenExchangeResponse, *http.Response, error) {
		request := sdk.NewItemPublicTokenExchangeRequest(publicToken)
		return c.api.ItemPublicTokenExchange(ctx).ItemPublicTokenExchangeRequest(*request).Execute()
	})
	if err == nil && (answer.AccessToken == "" || answer.ItemId == "") {
		err = errUnreadable(response)
	}
	if err != nil {
		return item.Linked{}, fmt.Errorf("exchange public token: %w", err)
	}
	linked := item.Linked{ItemID: item.ID(answer.ItemId)}
	linked.Token, err = c.vault.SealToken(linked.ItemID, answer.AccessToken)
	if err != nil {
		return item.Linked{}, fmt.Errorf("seal access token of item %s: %w", linked.ItemID, err)
	}
	got, err := c.getItem(ctx, answer.AccessToken)
	if err != nil {
		return linked, nil //nolint:nilerr // the Item is ours, and its name can be learned later
	}
	it := got.Item
	linked.InstitutionID = it.GetInstitutionId()
	linked.Institution = c.institutionName(ctx, it)
	return linked, nil
}

// ErrOtherItem is answered when an access token belongs to another Item than its holder says.
var ErrOtherItem = errors.New("the access token belongs to another item")

// Adopt takes over an Item that somebody else linked: Plaid says whose token it is, and the token is sealed. An Item
// that is broken can be adopted; one that Plaid does not know cannot.
func (c *Client) Adopt(ctx context.Context, id item.ID, accessToken string) (item.Linked, error) {
	got, err := c.getItem(ctx, accessToken)
	if err != nil {
		return item.Linked{}, fmt.Errorf("adopt item %s: %w", id, err)
	}
	it := got.Item
	if item.ID(it.ItemId) != id {
		return item.Linked{}, fmt.Errorf("adopt item %s: %w", id, ErrOtherItem)
	}
	sealed, err := c.vault.SealToken(id, accessToken)
	if err != nil {
		return item.Linked{}, fmt.Errorf("seal access token of item %s: %w", id, err)
	}
	return item.Linked{ItemID: id, InstitutionID: it.GetInstitutionId(), Institution: c.institutionName(ctx, it), Token: sealed}, nil
}
