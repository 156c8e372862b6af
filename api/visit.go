package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/telemetry"
)

// covered answers the connection that an act is about, if it is one of the merchant's.
func (s *Server) covered(ctx context.Context, g deeplink.Grant, id string) (item.Merchant, item.Connection, error) {
	merchant, connections, err := s.Store.Merchant(ctx, g.MerchantID)
	if err != nil {
		return item.Merchant{}, item.Connection{}, err
	}
	i := slices.IndexFunc(connections, func(c item.Connection) bool { return string(c.ID) == id })
	if i < 0 {
		return item.Merchant{}, item.Connection{}, refuse(http.StatusNotFound, "this link does not cover item_id "+clip(id), nil)
	}
	telemetry.EventIn(ctx).Set(zap.String("item_id", id))
	return merchant, connections[i], nil
}

// linkReport is what the page says of Link; only item_id is always there.
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

// visit is a merchant's act on one of the connections that the deep link covers.
type visit struct {
	grant      deeplink.Grant
	merchant   item.Merchant
	connection item.Connection
	said       linkReport
}

func (s *Server) visit(r *http.Request) (visit, error) {
	g, err := found[deeplink.Grant](r, grantKey)
	if err != nil {
		return visit{}, err
	}
	v := visit{grant: g}
	if err := readJSON(r, &v.said); err != nil {
		return visit{}, err
	}
	v.merchant, v.connection, err = s.covered(r.Context(), g, v.said.ItemID)
	return v, err
}

// act commits a merchant's act and answers the hint that stands for it.
func (s *Server) act(ctx context.Context, id item.ID, code string, until time.Time, data any) (item.Hint, error) {
	receipt, err := s.Store.Act(ctx, s.actOf(ctx, id, code, until), time.Now(), data)
	if err != nil {
		return item.Hint{}, err
	}
	s.Dispatcher.Nudge()
	telemetry.EventIn(ctx).Set(zap.String("code", code), zap.Int64("inbox_id", receipt.RowID))
	return item.Hint{
		Source: item.FromPortal, Code: code, InboxIDs: []int64{receipt.RowID}, Until: until, Trace: telemetry.Traceparent(ctx),
	}, nil
}

func (s *Server) actOf(ctx context.Context, id item.ID, code string, until time.Time) item.Arrival {
	return item.Arrival{
		Source: item.FromPortal, Environment: s.opts.Environment, ItemID: id, Code: code, Until: until, Trace: telemetry.Traceparent(ctx),
	}
}

// clip bounds what a browser may have us keep, and leaves out what Postgres does not store.
func clip(s string) string {
	const most = 100
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "")
	}
	return s
}
