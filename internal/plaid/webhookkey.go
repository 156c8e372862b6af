package plaid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"
)

// ErrUnknownKey is returned when Plaid reports that a webhook verification key does not exist in this environment.
var ErrUnknownKey = errors.New("plaid does not know this webhook verification key")

// WebhookKey is a key with which Plaid signs webhooks.
type WebhookKey struct {
	// JSON is the JWK as Plaid sent it, including its own members created_at and expired_at.
	JSON json.RawMessage
	// ExpiredAt is when Plaid withdrew the key; zero while it is live.
	ExpiredAt time.Time
}

// WebhookKey returns the verification key with the given kid. The error is ErrUnknownKey if Plaid has no such key. Any
// other error says nothing about the key.
func (c *Client) WebhookKey(ctx context.Context, kid string) (WebhookKey, error) {
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.WebhookVerificationKeyGetResponse, *http.Response, error) {
		request := sdk.NewWebhookVerificationKeyGetRequest(kid)
		return c.api.WebhookVerificationKeyGet(ctx).WebhookVerificationKeyGetRequest(*request).Execute()
	})
	var e *Error
	if errors.As(err, &e) && e.Code == codeUnknownWebhookKey {
		return WebhookKey{}, fmt.Errorf("get webhook verification key: %w", ErrUnknownKey)
	}
	if err != nil {
		return WebhookKey{}, fmt.Errorf("get webhook verification key: %w", err)
	}
	// plaid-go has read the body and left it for us to read again.
	var sent struct {
		Key json.RawMessage `json:"key"`
	}
	if err := json.NewDecoder(response.Body).Decode(&sent); err != nil || got.Key.X == "" {
		return WebhookKey{}, fmt.Errorf("get webhook verification key: %w", errUnreadable(response))
	}
	key := WebhookKey{JSON: sent.Key}
	if at := got.Key.ExpiredAt.Get(); at != nil { // not GetExpiredAt: it makes 0 of the null of a live key
		key.ExpiredAt = time.Unix(int64(*at), 0).UTC()
	}
	return key, nil
}
