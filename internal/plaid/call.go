package plaid

import (
	"context"
	"errors"
	"net/http"

	sdk "github.com/plaid/plaid-go/v29/plaid"
)

// call sends one request with the secret that worked last and, when Plaid refuses it, once with each other secret.
// INVALID_API_KEYS means that nothing was carried out, so this is safe for every request. The error is an *Error.
func call[T any](ctx context.Context, c *Client, send func(context.Context) (T, *http.Response, error)) (T, *http.Response, error) {
	var none T
	refused := &Error{Type: "INVALID_INPUT", Code: codeInvalidAPIKeys, cause: errors.New("no secret is configured")}
	for _, secret := range c.secrets() {
		got, response, err := send(context.WithValue(ctx, sdk.ContextAPIKeys, map[string]sdk.APIKey{
			"clientId": {Key: c.opts.ClientID},
			"secret":   {Key: secret},
		}))
		if err == nil {
			c.remember(secret)
			return got, response, nil
		}
		e := newError(response, err)
		if e.Code != codeInvalidAPIKeys {
			if e.Code != "" {
				c.remember(secret)
			}
			return none, response, e
		}
		refused = e
	}
	return none, nil, refused
}

// secrets returns the configured secrets. The one that worked last comes first.
func (c *Client) secrets() []string {
	c.mu.Lock()
	worked := c.worked
	c.mu.Unlock()
	ordered := []string{}
	for _, secret := range c.opts.Secrets() {
		switch secret {
		case "":
		case worked:
			ordered = append([]string{secret}, ordered...)
		default:
			ordered = append(ordered, secret)
		}
	}
	return ordered
}

func (c *Client) remember(secret string) {
	c.mu.Lock()
	c.worked = secret
	c.mu.Unlock()
}
