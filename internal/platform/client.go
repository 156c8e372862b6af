package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"relink/internal/item"
)

// vault opens the body of a webhook, sealed for its delivery.
type vault interface {
	OpenBody(deliveryKey, sealed []byte) ([]byte, error)
}

// Options of a Client.
type Options struct {
	URL         string   // where the platform takes events; absolute, http or https
	Secrets     []string // "whsec_" and base64; each signs, so that two are valid while one replaces the other
	Environment string   // "sandbox" or "production"
}

const (
	// timeout bounds a whole call. Standard Webhooks: "somewhere between 15 and 30s".
	timeout = 15 * time.Second
	// answerLimit is what is read of an answer, for the connection's sake: nothing in it matters.
	answerLimit = 64 << 10
)

// Client is one platform's receiver.
type Client struct {
	url         string
	keys        [][]byte
	environment string
	vault       vault
	http        *http.Client
	now         func() time.Time
}

// New checks the options and makes a Client.
func New(o Options, v vault) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the platform's URL is not an absolute one of http or https") // it may hold a password
	}
	keys, err := keysOf(o.Secrets)
	if err != nil {
		return nil, err
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default transport is not net/http's")
	}
	return &Client{
		url: o.URL, keys: keys, environment: o.Environment, vault: v, now: time.Now,
		http: &http.Client{
			Timeout:   timeout,
			Transport: transport.Clone(),
			// The receiver's new address is for a person to set: a redirect would take the body to where nobody meant it to go.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Tell hands a message to the platform and returns nil once it has answered 2xx. Every other error is an *Error, but for
// a body that could not be opened.
func (c *Client) Tell(ctx context.Context, t item.Telling) error {
	body, err := c.body(t)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return &Error{cause: errors.New("the request cannot be made")}
	}
	id, at := c.id(t.Key), strconv.FormatInt(c.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "relink")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", at)
	req.Header.Set("webhook-signature", sign(c.keys, id, at, body))
	res, err := c.http.Do(req)
	if err != nil {
		return newError(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, answerLimit) // whatever it says, the status is here already
	if res.StatusCode/100 == 2 {
		return nil
	}
	return &Error{Status: res.StatusCode, RetryAfter: retryAfter(res.Header.Get("Retry-After"), c.now())}
}

// id is the message's key, in characters that a signature's parts may be made of: a dot ends the id there. The environment
// is in it, since keys are one database's, and a platform may have one receiver for two.
func (c *Client) id(key string) string {
	return c.environment + "/" + strings.NewReplacer("%2F", "/", ".", "%2E").Replace(url.PathEscape(key))
}

// body is the message as the platform gets it. It is the same at each try.
func (c *Client) body(t item.Telling) ([]byte, error) {
	data := t.Payload
	if data == nil {
		var err error
		if data, err = c.passedOn(t); err != nil {
			return nil, err
		}
	}
	return fmt.Appendf(nil, `{"type":%q,"timestamp":%q,"data":%s}`, t.Event, stamp(t.At), data), nil
}

// passedOn is Plaid's webhook as data. Its bytes are those that Plaid signed: encoding them anew would lose what no
// decoder keeps (order, spaces, long numbers).
func (c *Client) passedOn(t item.Telling) (json.RawMessage, error) {
	if t.RawSealed == nil {
		return nil, &Error{cause: errors.New("the webhook's body is kept no longer"), final: true}
	}
	webhook, err := c.vault.OpenBody(t.DeliveryKey, t.RawSealed)
	if err != nil {
		return nil, fmt.Errorf("open the webhook's body: %w", err)
	}
	if !json.Valid(webhook) {
		return nil, &Error{cause: errors.New("the webhook's body is not JSON"), final: true}
	}
	return fmt.Appendf(nil, `{"environment":%q,"received_at":%q,"webhook":%s}`, c.environment, stamp(t.At), webhook), nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
