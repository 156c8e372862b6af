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

// Store is what the door remembers with; its contracts are those of postgres.Store.
type Store interface {
	Receive(ctx context.Context, a inbox.Entry) (inbox.Receipt, error)
	ItemOfLinkToken(ctx context.Context, hash []byte) (item.ID, error)
}

// Deps is what the door works with.
type Deps struct {
	Store    Store
	Verifier *webhook.Verifier
	// Intake makes inbox rows of webhooks; only those of its environment are taken.
	Intake webhook.Intake
	// Seal seals a webhook's body for the inbox row of its delivery.
	Seal func(deliveryKey, body []byte) ([]byte, error)
	// Nudge tells the dispatcher that there is something in the inbox.
	Nudge func()
	// Sources counts refused deliveries.
	Sources *web.Sources
	Watch   *telemetry.Telemetry
}

// Door takes Plaid's webhooks.
type Door struct{ Deps }

// New returns a Door.
func New(d Deps) *Door { return &Door{d} }

// Routes returns the door's lines of the table of routes.
func (d *Door) Routes() []web.Route {
	return []web.Route{{Pattern: "POST /webhooks/plaid/{environment}", Access: web.PlaidSigned, Errors: d.writeError, Handle: d.receive}}
}

// Verify checks the signature over a delivery, against which the body is checked later. It costs a source that failed
// too often no more look-ups of keys: such a source is refused unread, unless a cached key vouches for the delivery. A
// delivery that a cached key vouches for is never limited.
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
