package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/telemetry"
)

const (
	// resendEvery is the least time between two new links for a merchant.
	resendEvery = time.Hour
	// minResponseTime is the least time that a response takes. Its duration must not reveal whether a link was ever ours.
	minResponseTime = 300 * time.Millisecond
)

// resendLink requests another mail to the address on file if the link is one of ours, expired or not. Every link gets
// the same response, in about the same time. A source that asks too often is refused, even with a valid link.
func (d *Door) resendLink(w http.ResponseWriter, r *http.Request) error {
	respondAt := time.NewTimer(minResponseTime)
	defer respondAt.Stop()
	source := d.Resends.Of(r)
	if d.Resends.UsedUp(source) {
		return web.RefuseUntil(web.TooManyRequests, time.Minute, "asked too often", nil)
	}
	d.Resends.Failed(source)
	if err := d.Store.Ping(r.Context()); err != nil { // checked for every link, so that a failure reveals nothing
		return err
	}
	if grant, err := d.Links.Past(r.PathValue("token")); err == nil {
		if err := d.requestLink(r.Context(), grant); err != nil {
			return err
		}
	}
	select {
	case <-r.Context().Done():
		return r.Context().Err()
	case <-respondAt.C:
	}
	return d.writePage(w, http.StatusOK, func(w io.Writer) error { return d.Pages.NewLinkSent(w, localeOf(r)) })
}

// requestLink commits the merchant's request for another mail. It does so for one Item, the one that has been broken
// longest, because a mail covers all Items of its merchant that need something.
func (d *Door) requestLink(ctx context.Context, g deeplink.Grant) error {
	event := telemetry.EventIn(ctx)
	event.Set(zap.String("merchant_id", g.MerchantID), zap.String("slot", g.Slot))
	_, connections, err := d.Store.Merchant(ctx, g.MerchantID)
	if errors.Is(err, item.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	i := slices.IndexFunc(connections, func(c mailing.Connection) bool { return c.State.NeedsMerchant() })
	if i < 0 {
		return nil
	}
	act := d.entryOf(ctx, connections[i].ID, item.NewLinkRequested, time.Time{})
	requested, err := d.Store.RequestNewLink(ctx, g.MerchantID, act, time.Now(), resendEvery, map[string]any{"slot": g.Slot})
	if err != nil {
		return err
	}
	event.Set(zap.Bool("new_link_requested", requested), zap.String("item_id", string(connections[i].ID)))
	if requested {
		d.Nudge()
	}
	return nil
}
