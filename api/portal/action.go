package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/deeplink"
	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/telemetry"
)

// covered returns the merchant of a deep link and the connection with an id. It returns an error if the link does not
// cover the connection.
func (d *Door) covered(ctx context.Context, g deeplink.Grant, id string) (enrolment.Merchant, mailing.Connection, error) {
	merchant, connections, err := d.Store.Merchant(ctx, g.MerchantID)
	if err != nil {
		return enrolment.Merchant{}, mailing.Connection{}, err
	}
	i := slices.IndexFunc(connections, func(c mailing.Connection) bool { return string(c.ID) == id })
	if i < 0 {
		return enrolment.Merchant{}, mailing.Connection{}, web.Refuse(web.NotFound, "this link does not cover item_id", nil)
	}
	telemetry.EventIn(ctx).Set(zap.String("item_id", id))
	return merchant, connections[i], nil
}

// linkReport is the body of the page's POSTs. Only item_id is always set.
type linkReport struct {
	ItemID        string `json:"item_id"`
	LinkSessionID string `json:"link_session_id"`
	Status        string `json:"status"`
	ErrorType     string `json:"error_type"`
	ErrorCode     string `json:"error_code"`
	EventName     string `json:"event_name"`
	ViewName      string `json:"view_name"`
	Timestamp     string `json:"timestamp"`
}

// linkAction is an action of a merchant, in Link or before it, on a connection that the deep link covers.
type linkAction struct {
	grant      deeplink.Grant
	merchant   enrolment.Merchant
	connection mailing.Connection
	report     linkReport
}

// readAction returns the action of a request. The request's deep link must have been checked.
func (d *Door) readAction(r *http.Request) (linkAction, error) {
	g, err := web.FromContext[deeplink.Grant](r)
	if err != nil {
		return linkAction{}, err
	}
	a := linkAction{grant: g}
	if err := web.ReadJSON(r, &a.report); err != nil {
		return linkAction{}, err
	}
	a.merchant, a.connection, err = d.covered(r.Context(), g, a.report.ItemID)
	return a, err
}

// commit stores a merchant's act and returns its hint. code is the hint's code, until the end of its effect, zero if it
// has none, and data goes into the audit.
func (d *Door) commit(ctx context.Context, id item.ID, code string, until time.Time, data any) (item.Hint, error) {
	receipt, err := d.Store.Act(ctx, d.entryOf(ctx, id, code, until), time.Now(), data)
	if err != nil {
		return item.Hint{}, err
	}
	d.Nudge()
	telemetry.EventIn(ctx).Set(zap.String("code", code), zap.Int64("inbox_id", receipt.RowID))
	return item.Hint{
		Source: item.FromPortal, Code: code, InboxIDs: []int64{receipt.RowID}, Until: until, Trace: telemetry.Traceparent(ctx),
	}, nil
}

func (d *Door) entryOf(ctx context.Context, id item.ID, code string, until time.Time) inbox.Entry {
	return inbox.Entry{
		Source: item.FromPortal, Environment: d.opts.Environment, ItemID: id, Code: code, Until: until, Trace: telemetry.Traceparent(ctx),
	}
}

// clip returns at most 100 bytes of a text from a browser. It replaces the characters that Postgres cannot store.
func clip(s string) string {
	const most = 100
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "")
	}
	return s
}
