package plaid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"

	"relink/internal/item"
)

// eventHandoff is sent when a person leaves Link after success, and never otherwise (https://plaid.com/docs/link/web).
const eventHandoff = "HANDOFF"

// LinkedAt answers when the newest Link session of a link token ended with success; zero when none did, and when Plaid
// knows the link token no longer: it keeps a session for six hours after its end.
func (c *Client) LinkedAt(ctx context.Context, linkToken item.Sealed) (time.Time, error) {
	token, err := c.vault.Open(linkToken)
	if err != nil {
		return time.Time{}, fmt.Errorf("open link token: %w", err)
	}
	answer, response, err := call(ctx, c, func(ctx context.Context) (sdk.LinkTokenGetResponse, *http.Response, error) {
		return c.api.LinkTokenGet(ctx).LinkTokenGetRequest(*sdk.NewLinkTokenGetRequest(token)).Execute()
	})
	var e *Error
	if errors.As(err, &e) && e.Code == codeInvalidLinkToken {
		return time.Time{}, nil
	}
	if err == nil && answer.LinkToken == "" {
		err = errUnreadable(response)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("get link token: %w", err)
	}
	var at time.Time
	for _, session := range answer.GetLinkSessions() {
		if succeeded(session) {
			at = newest(at, session.FinishedAt)
		}
	}
	return at, nil
}

// succeeded looks for a sign of success; that a session ended is none. Whether update mode lists its Item under results
// is not documented, and on_success is deprecated, so any of the three will do.
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
