package plaid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/vault"
)

// eventHandoff is sent when a person leaves Link after success, and never otherwise (https://plaid.com/docs/link/web).
const eventHandoff = "HANDOFF"

// LinkedAt returns when the newest Link session of a link token ended with success. It returns the zero time when none
// did, and when Plaid no longer knows the link token: Plaid keeps a session for six hours after its end.
func (c *Client) LinkedAt(ctx context.Context, linkToken vault.Sealed) (time.Time, error) {
	sessions, err := c.linkSessions(ctx, linkToken)
	if err != nil {
		return time.Time{}, err
	}
	var at time.Time
	for _, session := range sessions {
		if succeeded(session) {
			at = newest(at, session.FinishedAt)
		}
	}
	return at, nil
}

// LinkEnd is how Link ended.
type LinkEnd string

// How Link may have ended.
const (
	LinkOpen      LinkEnd = ""          // Plaid knows of no end
	LinkSucceeded LinkEnd = "succeeded" // at least one session succeeded
	LinkLeft      LinkEnd = "left"      // a session ended, and none succeeded
)

// LinkEnded returns how the sessions of a link token ended. It returns LinkOpen for a link token that Plaid no longer
// knows.
func (c *Client) LinkEnded(ctx context.Context, linkToken vault.Sealed) (LinkEnd, error) {
	sessions, err := c.linkSessions(ctx, linkToken)
	if err != nil {
		return LinkOpen, err
	}
	end := LinkOpen
	for _, session := range sessions {
		switch {
		case session.FinishedAt.Get() == nil:
		case succeeded(session):
			return LinkSucceeded, nil
		default:
			end = LinkLeft
		}
	}
	return end, nil
}

// linkSessions returns the sessions of a link token that Plaid still knows.
func (c *Client) linkSessions(ctx context.Context, linkToken vault.Sealed) ([]sdk.LinkTokenGetSessionsResponse, error) {
	token, err := c.vault.Open(linkToken)
	if err != nil {
		return nil, fmt.Errorf("open link token: %w", err)
	}
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.LinkTokenGetResponse, *http.Response, error) {
		return c.api.LinkTokenGet(ctx).LinkTokenGetRequest(*sdk.NewLinkTokenGetRequest(token)).Execute()
	})
	var e *Error
	if errors.As(err, &e) && e.Code == codeInvalidLinkToken {
		return nil, nil
	}
	if err == nil && got.LinkToken == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return nil, fmt.Errorf("get link token: %w", err)
	}
	return got.GetLinkSessions(), nil
}

// succeeded reports whether a session shows a sign of success. The end of a session is none. It is not documented
// whether update mode lists its Item under results, and on_success is deprecated, so each of the three signs counts.
func succeeded(session sdk.LinkTokenGetSessionsResponse) bool {
	if slices.ContainsFunc(session.GetEvents(), func(e sdk.LinkEvent) bool { return e.EventName == eventHandoff }) {
		return true
	}
	if results := session.Results.Get(); results != nil && len(results.GetItemAddResults()) > 0 {
		return true
	}
	success := session.OnSuccess.Get()
	return success != nil && success.PublicToken != ""
}
