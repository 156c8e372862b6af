// Package echo is a neighbour for tests. It shows that a new neighbour needs one folder and one line of the registry.
//
// It may import internal/item, internal/neighbour and internal/neighbour/httpx, as every neighbour may, and the
// registry.
//
// Start reading at Open.
package echo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"relink/internal/config"
	"relink/internal/item"
	"relink/internal/neighbour"
	"relink/internal/neighbour/httpx"
	"relink/internal/neighbour/registry"
)

// Name is the destination of its messages.
const Name = "echo"

// HoldAfter is how long an Item is broken before the neighbour gets a message about it.
const HoldAfter = 3 * time.Second

// Echo sends holds and their releases to a URL, which stands for an issuer of cards.
type Echo struct {
	url  string
	http *httpx.Client
}

// Open returns the registry's line of an echo at a URL.
func Open(url string) registry.Line {
	return func(config.Config, registry.Parts) (neighbour.Neighbour, error) {
		return &Echo{url: url, http: httpx.New(Name, httpx.Options{})}, nil
	}
}

// Name implements neighbour.Neighbour.
func (e *Echo) Name() string { return Name }

// Limits implements neighbour.Neighbour.
func (e *Echo) Limits() neighbour.Limits { return neighbour.Limits{PerSecond: 20, AtOnce: 2} }

// Wants implements neighbour.Neighbour.
func (e *Echo) Wants(event neighbour.Event) (neighbour.Wanted, bool) {
	switch event.Step {
	case item.Opened:
		return neighbour.Wanted{Event: "echo.hold", Key: event.Key(), NotBefore: event.At.Add(HoldAfter)}, true
	case item.Closed:
		return neighbour.Wanted{Event: "echo.release", Key: event.Key()}, true
	case item.Changed, item.Escalated, item.Ordered, item.RuleViolation:
	}
	return neighbour.Wanted{}, false
}

// Heard is the body of a message: its key, and the Item's state when it is sent.
type Heard struct {
	Key   string     `json:"key"`
	Event string     `json:"event"`
	Item  item.ID    `json:"item"`
	Now   item.State `json:"now"`
}

// Send implements neighbour.Neighbour.
func (e *Echo) Send(ctx context.Context, m neighbour.Message) error {
	body, err := json.Marshal(Heard{Key: m.Key, Event: m.Event, Item: m.ItemID, Now: m.Now.State})
	if err != nil {
		return fmt.Errorf("encode the message: %w", err)
	}
	_, err = e.http.Do(ctx, httpx.Request{Method: http.MethodPost, URL: e.url, Body: body})
	return classify(err)
}

// classify returns the neighbour's error for the status of a response.
func classify(err error) error {
	var refused *httpx.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return neighbour.Throttled(err, refused.RetryAfter)
	case http.StatusUnauthorized, http.StatusForbidden:
		return neighbour.OurFault(err)
	case http.StatusBadRequest, http.StatusNotFound:
		return neighbour.Final(err)
	}
	return err
}
