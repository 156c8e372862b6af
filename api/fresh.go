package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/telemetry"
)

const (
	// freshEvery is how often a merchant may have a fresh link mailed.
	freshEvery = time.Hour
	// freshTakes is the least time that an answer takes: how long it took must not tell a dead link from a made-up one.
	freshTakes = 300 * time.Millisecond
)

// mailFresh has another mail sent to the address on file when the link is one of ours, over or not. Every link is answered
// the same, in about the same time; who asks too often is refused whatever the link is.
func (s *Server) mailFresh(w http.ResponseWriter, r *http.Request) error {
	answerAt := time.NewTimer(freshTakes)
	defer answerAt.Stop()
	source := s.sources.of(r)
	if s.askers.usedUp(source) {
		return &fault{status: http.StatusTooManyRequests, public: "asked too often", retryAfter: time.Minute}
	}
	s.askers.failed(source)
	if err := s.Store.Ping(r.Context()); err != nil { // for every link: what cannot be done is said to all
		return err
	}
	if grant, err := s.Links.Past(r.PathValue("token")); err == nil {
		if err := s.orderFresh(r.Context(), grant); err != nil {
			return err
		}
	}
	select {
	case <-r.Context().Done():
		return r.Context().Err()
	case <-answerAt.C:
	}
	return s.writePage(w, http.StatusOK, func(w io.Writer) error { return s.Pages.FreshSent(w, localeOf(r)) })
}

// orderFresh commits that the merchant wants another mail. One Item is told, the one that has been broken for longest: a
// mail is about all of its merchant's Items that need something.
func (s *Server) orderFresh(ctx context.Context, g deeplink.Grant) error {
	event := telemetry.EventIn(ctx)
	event.Set(zap.String("merchant_id", g.MerchantID), zap.String("slot", g.Slot))
	_, connections, err := s.Store.Merchant(ctx, g.MerchantID)
	if errors.Is(err, item.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	i := slices.IndexFunc(connections, func(c item.Connection) bool { return c.State.NeedsMerchant() })
	if i < 0 {
		return nil
	}
	act := s.actOf(ctx, connections[i].ID, item.FreshAsked, time.Time{})
	asked, err := s.Store.AskFresh(ctx, g.MerchantID, act, time.Now(), freshEvery, map[string]any{"slot": g.Slot})
	if err != nil {
		return err
	}
	event.Set(zap.Bool("fresh_ordered", asked), zap.String("item_id", string(connections[i].ID)))
	if asked {
		s.Dispatcher.Nudge()
	}
	return nil
}
