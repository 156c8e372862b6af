package plaid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
	"relink/internal/vault"
)

// updatedWithPerson is the update_type of an Item that gets data only while its person is present (schema Item).
const updatedWithPerson = "user_present_required"

// unnamedError stands for an Item error without a code. Such an Item is not known to be healthy.
const unnamedError = "UNNAMED_ERROR"

// Status returns Plaid's status of an Item. If /item/get finds it healthy and accounts is set, Status asks
// /accounts/get as well: an Item whose accounts are no longer shared has no error and is still useless.
//
// An Item that Plaid no longer knows, and an error about the connection itself (ITEM_LOGIN_REQUIRED, INSTITUTION_DOWN),
// are a status. Every other error is an *Error.
func (c *Client) Status(ctx context.Context, sealed vault.Sealed, accounts bool) (item.PlaidStatus, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return item.PlaidStatus{}, fmt.Errorf("open access token: %w", err)
	}
	got, err := c.getItem(ctx, token)
	if err != nil {
		return statusOfError(item.PlaidStatus{}, err)
	}
	status := statusOf(got)
	if !accounts || !status.Healthy() {
		return status, nil
	}
	if status.Accounts, err = c.getAccounts(ctx, token); err != nil {
		return statusOfError(status, err)
	}
	return status, nil
}

// Check returns Plaid's status of an Item, as Status does without accounts, and where the Item's webhooks go.
func (c *Client) Check(ctx context.Context, sealed vault.Sealed) (item.Check, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return item.Check{}, fmt.Errorf("open access token: %w", err)
	}
	got, err := c.getItem(ctx, token)
	if err != nil {
		status, err := statusOfError(item.PlaidStatus{}, err)
		return item.Check{Status: status}, err
	}
	status := statusOf(got)
	return item.Check{Status: status, Webhook: got.Item.GetWebhook(), DataAt: status.DataAt}, nil
}

func statusOf(got sdk.ItemGetResponse) item.PlaidStatus {
	it := got.Item
	status := item.PlaidStatus{UserPresent: it.UpdateType == updatedWithPerson}
	if e := it.Error.Get(); e != nil {
		status.ErrorCode = cmp.Or(e.ErrorCode, unnamedError)
		status.ErrorReason = e.GetErrorCodeReason()
	}
	if at := it.ConsentExpirationTime.Get(); at != nil {
		status.ConsentExpiresAt = at.UTC()
	}
	if updates := got.Status.Get(); updates != nil {
		if t := updates.Transactions.Get(); t != nil {
			status.DataAt = newest(status.DataAt, t.LastSuccessfulUpdate)
		}
		if i := updates.Investments.Get(); i != nil {
			status.DataAt = newest(status.DataAt, i.LastSuccessfulUpdate)
		}
	}
	return status
}

func newest(known time.Time, at sdk.NullableTime) time.Time {
	if t := at.Get(); t != nil && t.After(known) {
		return t.UTC()
	}
	return known
}

// statusOfError adds an error about the Item to the known status. It returns any other error as it is.
func statusOfError(known item.PlaidStatus, err error) (item.PlaidStatus, error) {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return item.PlaidStatus{}, err
	case e.gone():
		return item.PlaidStatus{Gone: true}, nil
	case e.aboutItem():
		known.ErrorCode, known.ErrorReason = e.Code, e.Reason
		return known, nil
	}
	return item.PlaidStatus{}, err
}

func (c *Client) getItem(ctx context.Context, token string) (sdk.ItemGetResponse, error) {
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.ItemGetResponse, *http.Response, error) {
		return c.api.ItemGet(ctx).ItemGetRequest(*sdk.NewItemGetRequest(token)).Execute()
	})
	if err == nil && got.Item.ItemId == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return sdk.ItemGetResponse{}, fmt.Errorf("get item: %w", err)
	}
	return got, nil
}
