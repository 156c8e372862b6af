package platform

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"relink/internal/item"
	"relink/internal/neighbour"
	"relink/internal/neighbour/httpx"
)

// vault opens the body of a webhook, which is sealed for its delivery.
type vault interface {
	OpenBody(deliveryKey, sealed []byte) ([]byte, error)
}

// Options of a Platform.
type Options struct {
	URL         string   // the address of the platform's receiver; absolute, http or https
	Secrets     []string // "whsec_" and base64; each signs, so that two are valid while one replaces the other
	Environment string   // "sandbox" or "production"
	// Around wraps the transport, to trace calls; may be nil.
	Around func(next http.RoundTripper) http.RoundTripper
}

// Platform is the platform's receiver of events.
type Platform struct {
	url         string
	keys        [][]byte
	environment string
	vault       vault
	http        *httpx.Client
	now         func() time.Time
}

// New checks the options and returns a Platform. Its errors hold neither the URL nor a secret.
func New(o Options, v vault) (*Platform, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the platform's URL is not an absolute one of http or https") // it may hold a password
	}
	keys, err := keysOf(o.Secrets)
	if err != nil {
		return nil, err
	}
	return &Platform{
		url: o.URL, keys: keys, environment: o.Environment, vault: v, now: time.Now,
		http: httpx.New(neighbour.Platform, httpx.Options{Around: o.Around}),
	}, nil
}

// Name implements neighbour.Neighbour.
func (p *Platform) Name() string { return neighbour.Platform }

// Limits implements neighbour.Neighbour.
func (p *Platform) Limits() neighbour.Limits { return neighbour.Limits{PerSecond: 50, AtOnce: 32} }

// Wants implements neighbour.Neighbour. The platform gets each change of an Item's state or cause, as "item." and the
// new state. Escalations, commands and refused changes are for operators.
func (p *Platform) Wants(e neighbour.Event) (neighbour.Wanted, bool) {
	switch e.Step {
	case item.Opened, item.Changed, item.Closed:
		return neighbour.Wanted{Event: "item." + string(e.To), Key: e.Key()}, true
	case item.Escalated, item.Ordered, item.RuleViolation:
	}
	return neighbour.Wanted{}, false
}

// Send implements neighbour.Neighbour. It returns nil once the platform has responded 2xx. No error holds a secret, a
// body or the receiver's URL.
func (p *Platform) Send(ctx context.Context, m neighbour.Message) error {
	body, err := p.body(m)
	if err != nil {
		return err
	}
	id, at := p.id(m.Key), strconv.FormatInt(p.now().Unix(), 10)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", at)
	header.Set("webhook-signature", sign(p.keys, id, at, body))
	_, err = p.http.Do(ctx, httpx.Request{Method: http.MethodPost, URL: p.url, Header: header, Body: body})
	return classify(err)
}

// id returns the webhook-id of a message: the environment and the key. Keys are unique in one database, and a platform
// may have one receiver for sandbox and production. Dots are escaped, because a dot ends the id in the signed text.
func (p *Platform) id(key string) string {
	return p.environment + "/" + strings.NewReplacer("%2F", "/", ".", "%2E").Replace(url.PathEscape(key))
}
