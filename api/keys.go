package api

import (
	"context"
	"errors"

	"relink/internal/plaid"
	"relink/internal/webhook"
)

// PlaidKeys returns a source of webhook keys that asks Plaid. Its error is webhook.ErrUnknownKey if Plaid does not know
// the key.
func PlaidKeys(c *plaid.Client) webhook.KeySource { return plaidKeys{c} }

type plaidKeys struct{ client *plaid.Client }

func (p plaidKeys) WebhookKey(ctx context.Context, kid string) (webhook.Key, error) {
	key, err := p.client.WebhookKey(ctx, kid)
	if errors.Is(err, plaid.ErrUnknownKey) {
		return webhook.Key{}, errors.Join(webhook.ErrUnknownKey, err)
	}
	if err != nil {
		return webhook.Key{}, err
	}
	return webhook.ParseKey(key.JSON)
}
