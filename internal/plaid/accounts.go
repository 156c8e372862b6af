package plaid

import (
	"context"
	"fmt"
	"net/http"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
	"relink/internal/vault"
)

// Accounts asks Plaid for an Item's accounts. The names may be a person's.
func (c *Client) Accounts(ctx context.Context, sealed vault.Sealed) ([]item.Account, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return nil, fmt.Errorf("open access token: %w", err)
	}
	return c.getAccounts(ctx, token)
}

// getAccounts returns the accounts in Plaid's order. Without any it returns an empty list, not nil.
func (c *Client) getAccounts(ctx context.Context, token string) ([]item.Account, error) {
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.AccountsGetResponse, *http.Response, error) {
		return c.api.AccountsGet(ctx).AccountsGetRequest(*sdk.NewAccountsGetRequest(token)).Execute()
	})
	if err == nil && got.RequestId == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return nil, fmt.Errorf("get accounts: %w", err)
	}
	accounts := make([]item.Account, len(got.Accounts))
	for i, a := range got.Accounts {
		accounts[i] = item.Account{ID: a.AccountId, Name: a.Name, Mask: a.GetMask(), Subtype: string(a.GetSubtype())}
	}
	return accounts, nil
}
