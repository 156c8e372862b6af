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

// Truth asks Plaid how an Item is. When /item/get finds it healthy and accounts is set, it asks /accounts/get too: an
// Item whose accounts are no longer shared has no error and is still useless.
//
// An Item that Plaid no longer knows, or an error about the connection itself (ITEM_LOGIN_REQUIRED, INSTITUTION_DOWN),
// is an answer, not an error. Everything else is an *Error.
func (c *Client) Truth(ctx context.Context, sealed vault.Sealed, accounts bool) (item.PlaidStatus, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return item.PlaidStatus{}, fmt.Errorf("open access token: %w", err)
	}
	answer, err := c.getItem(ctx, token)
	if err != nil {
		return truthOfError(item.PlaidStatus{}, err)
	}
	truth := truthOf(answer)
	if !accounts || !truth.Healthy() {
		return truth, nil
	}
	if truth.Accounts, err = c.getAccounts(ctx, token); err != nil {
		return truthOfError(truth, err)
	}
	return truth, nil
}

// Check asks Plaid how an Item is, as Truth does without accounts, and where its webhooks go.
func (c *Client) Check(ctx context.Context, sealed vault.Sealed) (item.Check, error) {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return item.Check{}, fmt.Errorf("open access token: %w", err)
	}
	answer, err := c.getItem(ctx, token)
	if err != nil {
		truth, err := truthOfError(item.PlaidStatus{}, err)
		return item.Check{Status: truth}, err
	}
	truth := truthOf(answer)
	return item.Check{Status: truth, Webhook: answer.Item.GetWebhook(), DataAt: truth.DataAt}, nil
}

func truthOf(answer sdk.ItemGetResponse) item.PlaidStatus {
	it := answer.Item
	truth := item.PlaidStatus{UserPresent: it.UpdateType == updatedWithPerson}
	if e := it.Error.Get(); e != nil {
		truth.ErrorCode = cmp.Or(e.ErrorCode, unnamedError)
		truth.ErrorReason = e.GetErrorCodeReason()
	}
	if at := it.ConsentExpirationTime.Get(); at != nil {
		truth.ConsentExpiresAt = at.UTC()
	}
	if status := answer.Status.Get(); status != nil {
		if t := status.Transactions.Get(); t != nil {
			truth.DataAt = newest(truth.DataAt, t.LastSuccessfulUpdate)
		}
		if i := status.Investments.Get(); i != nil {
			truth.DataAt = newest(truth.DataAt, i.LastSuccessfulUpdate)
		}
	}
	return truth
}

func newest(known time.Time, at sdk.NullableTime) time.Time {
	if t := at.Get(); t != nil && t.After(known) {
		return t.UTC()
	}
	return known
}

// truthOfError adds to known what an error says about the Item, when the error is itself an answer.
func truthOfError(known item.PlaidStatus, err error) (item.PlaidStatus, error) {
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
	answer, response, err := call(ctx, c, func(ctx context.Context) (sdk.ItemGetResponse, *http.Response, error) {
		return c.api.ItemGet(ctx).ItemGetRequest(*sdk.NewItemGetRequest(token)).Execute()
	})
	if err == nil && answer.Item.ItemId == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return sdk.ItemGetResponse{}, fmt.Errorf("get item: %w", err)
	}
	return answer, nil
}
