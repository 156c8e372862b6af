package hook

import (
	"context"
	"errors"
	"net/http"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/telemetry"
	"relink/internal/webhook"
)

// Store holds the inbox and the minted link tokens. Its contracts are those of postgres.Store.
type Store interface {
	Receive(ctx context.Context, e inbox.Entry) (inbox.Receipt, error)
	ItemOfLinkToken(ctx context.Context, hash []byte) (item.ID, error)
}

// Deps are the parts that the door works with.
type Deps struct {
	Store    Store
	Verifier *webhook.Verifier
	// Intake makes inbox rows of webhooks. Only webhooks of its environment are accepted.
	Intake webhook.Intake
	// Seal seals a webhook's body for the inbox row of its delivery.
	Seal func(deliveryKey, body []byte) ([]byte, error)
	// Nudge wakes the dispatcher after a row was stored in the inbox.
	Nudge func()
	// Sources counts refused deliveries.
	Sources   *web.Sources
	Telemetry *telemetry.Telemetry
}

// Door receives Plaid's webhooks.
type Door struct{ Deps }

// New returns a Door.
func New(d Deps) *Door { return &Door{d} }

// Routes returns the door's lines of the table of routes.
func (d *Door) Routes() []web.Route {
	return []web.Route{{Pattern: "POST /webhooks/plaid/{environment}", Access: web.PlaidSigned, Errors: d.writeError, Handle: d.receive}}
}

// Verify checks the signed token of a delivery and returns its claims, against which the body is checked later. A
// source that failed too often gets no more look-ups of keys: its deliveries are refused unread. A delivery that was
// signed with a cached key is never limited.
func (d *Door) Verify(r *http.Request) (webhook.Claims, error) {
	if r.PathValue("environment") != d.Intake.Environment {
		return webhook.Claims{}, web.Refuse(web.WrongEnvironment, "this deployment serves another environment", nil)
	}
	token := r.Header.Get(webhook.Header)
	limited := d.Sources.UsedUp(d.Sources.Of(r))
	if limited && !d.Verifier.SignedByCachedKey(token) {
		return webhook.Claims{}, limitedDelivery(nil)
	}
	claims, err := d.Verifier.VerifyToken(r.Context(), token)
	switch {
	case limited && errors.Is(err, webhook.ErrForged):
		return webhook.Claims{}, limitedDelivery(err)
	case err != nil:
		return webhook.Claims{}, refuseDelivery(err)
	}
	telemetry.EventIn(r.Context()).Set(zap.String("caller", "plaid"))
	return claims, nil
}
