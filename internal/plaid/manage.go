package plaid

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/vault"
)

// Remove makes Plaid forget an Item and its access token, which cannot be undone. An Item that is gone already is no
// error, so that a removal whose response was lost can be repeated.
func (c *Client) Remove(ctx context.Context, sealed vault.Sealed) error {
	token, err := c.vault.Open(sealed)
	if err != nil {
		return fmt.Errorf("open access token: %w", err)
	}
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.ItemRemoveResponse, *http.Response, error) {
		return c.api.ItemRemove(ctx).ItemRemoveRequest(*sdk.NewItemRemoveRequest(token)).Execute()
	})
	var e *Error
	if errors.As(err, &e) && e.gone() {
		return nil
	}
	if err == nil && got.RequestId == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return fmt.Errorf("remove item: %w", err)
	}
	return nil
}

// UpdateWebhook changes the URL that Plaid sends an Item's webhooks to; Plaid sends WEBHOOK_UPDATE_ACKNOWLEDGED there
// at once. It is the only way to change the URL: update mode ignores its own.
func (c *Client) UpdateWebhook(ctx context.Context, sealed vault.Sealed, url string) error {
	if url == "" {
		return errors.New("update webhook: a URL is required")
	}
	token, err := c.vault.Open(sealed)
	if err != nil {
		return fmt.Errorf("open access token: %w", err)
	}
	request := sdk.NewItemWebhookUpdateRequest(token)
	request.SetWebhook(url)
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.ItemWebhookUpdateResponse, *http.Response, error) {
		return c.api.ItemWebhookUpdate(ctx).ItemWebhookUpdateRequest(*request).Execute()
	})
	if err == nil && got.Item.ItemId == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return fmt.Errorf("update webhook: %w", err)
	}
	return nil
}
