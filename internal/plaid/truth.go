package plaid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
)

// unnamedError stands for an Item error without a code: it is no proof of health.
const unnamedError = "UNNAMED_ERROR"

// Truth asks Plaid how an Item is. When /item/get finds it healthy and accounts is set, /accounts/get is asked too:
// an Item whose accounts are no longer shared has no error and is useless all the same.
//
// An Item that Plaid no longer knows, or an error about the connection itself (ITEM_LOGIN_REQUIRED, INSTITUTION_DOWN),
// is an answer, not an error. Everything else is an *Error.
func (c *Client) Truth(ctx context.Context, sealed item.Sealed, accounts bool) (item.Truth, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return item.Truth{}, fmt.Errorf("open access token: %w", err)
	}
	it, err := c.getItem(ctx, token)
	if err != nil {
		return truthOfError(item.Truth{}, err)
	}
	truth := truthOf(it)
	if !accounts || !truth.Healthy() {
		return truth, nil
	}
	if err := c.getAccounts(ctx, token); err != nil {
		return truthOfError(truth, err)
	}
	return truth, nil
}

func truthOf(it sdk.Item) item.Truth {
	var truth item.Truth
	if e := it.Error.Get(); e != nil {
		truth.ErrorCode = cmp.Or(e.ErrorCode, unnamedError)
		truth.ErrorReason = e.GetErrorCodeReason()
	}
	if at := it.ConsentExpirationTime.Get(); at != nil {
		truth.ConsentExpiresAt = at.UTC()
	}
	return truth
}

// truthOfError turns an error that is an answer into one, beside what is known already.
func truthOfError(known item.Truth, err error) (item.Truth, error) {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return item.Truth{}, err
	case e.Code == codeItemNotFound || e.Code == codeItemDeleted:
		return item.Truth{Gone: true}, nil
	case e.aboutItem():
		known.ErrorCode, known.ErrorReason = e.Code, e.Reason
		return known, nil
	}
	return item.Truth{}, err
}

func (c *Client) getItem(ctx context.Context, token string) (sdk.Item, error) {
	answer, response, err := call(ctx, c, func(ctx context.Context) (sdk.ItemGetResponse, *http.Response, error) {
		return c.api.ItemGet(ctx).ItemGetRequest(*sdk.NewItemGetRequest(token)).Execute()
	})
	if err == nil && answer.Item.ItemId == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return sdk.Item{}, fmt.Errorf("get item: %w", err)
	}
	return answer.Item, nil
}

func (c *Client) getAccounts(ctx context.Context, token string) error {
	answer, response, err := call(ctx, c, func(ctx context.Context) (sdk.AccountsGetResponse, *http.Response, error) {
		return c.api.AccountsGet(ctx).AccountsGetRequest(*sdk.NewAccountsGetRequest(token)).Execute()
	})
	if err == nil && answer.RequestId == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return fmt.Errorf("get accounts: %w", err)
	}
	return nil
}
