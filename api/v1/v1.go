package v1

import (
	"context"
	"errors"
	"time"

	"relink/api/web"
	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/signin"
	"relink/internal/vault"
	"relink/internal/webhook"
)

// Store is the part of the database that the door uses, one interface for each file of routes. Its contracts are those
// of postgres.Store.
type Store interface {
	itemStore
	enrolmentStore
	linkTokenStore
	merchantStore
	bounceStore
	deadLetterStore
}

// PlaidClient is the part of Plaid's API that the door uses. plaid.Client implements it.
type PlaidClient interface {
	enrolmentPlaid
	AccessToken(sealed vault.Sealed) (plaid.Secret, error)
	NewLinkToken(ctx context.Context, in plaid.NewLink) (plaid.NewLinkToken, error)
}

// WorkflowClient finds an Item's workflow. starter.Starter implements it.
type WorkflowClient interface {
	Run(ctx context.Context, id item.ID) (workflowID, runID string, err error)
}

// Deps are the parts that the door works with.
type Deps struct {
	Store     Store
	Plaid     PlaidClient
	Workflows WorkflowClient
	// Responses stores responses for repeated requests.
	Responses web.IdempotencyStore
	// Nudge wakes the dispatcher after a row was stored in the inbox.
	Nudge func()
	// Intake reads dead letters again. Unseal opens their bodies.
	Intake webhook.Intake
	Unseal func(deliveryKey, sealed []byte) ([]byte, error)
}

// Options of a Door.
type Options struct {
	Environment string // "sandbox" or "production"
	WebhookURL  string // where Plaid sends webhooks
	// EnrolWithin is how long the door tries to store an Item whose public token is spent; default 15 s.
	EnrolWithin time.Duration
}

// Door serves the platform's programs.
type Door struct {
	Deps
	opts   Options
	bodies *bodies
}

// New returns a Door. It returns an error if something is missing, or if the contract is not valid.
func New(d Deps, opts Options) (*Door, error) {
	switch {
	case d.Unseal == nil:
		return nil, errors.New("dead letters cannot be read again without unsealing their bodies")
	case d.Responses == nil:
		return nil, errors.New("repeated requests need a store of responses")
	}
	contract, err := Contract()
	if err != nil {
		return nil, err
	}
	checked, err := compileBodies(contract)
	if err != nil {
		return nil, err
	}
	if opts.EnrolWithin == 0 {
		opts.EnrolWithin = enrolWithin
	}
	return &Door{Deps: d, opts: opts, bodies: checked}, nil
}

// Routes returns the door's lines of the table of routes. openapi.yaml describes each of them.
func (d *Door) Routes() []web.Route {
	items := itemRoutes{store: d.Store, plaid: d.Plaid, workflows: d.Workflows, nudge: d.Nudge, bodies: d.bodies}
	enrolments := enrolmentRoutes{store: d.Store, plaid: d.Plaid, nudge: d.Nudge, bodies: d.bodies, opts: d.opts}
	linkTokens := linkTokenRoutes{store: d.Store, plaid: d.Plaid, bodies: d.bodies, webhookURL: d.opts.WebhookURL}
	merchants := merchantRoutes{store: d.Store, nudge: d.Nudge, bodies: d.bodies}
	bounces := bounceRoutes{store: d.Store, nudge: d.Nudge, bodies: d.bodies}
	deadLetters := deadLetterRoutes{store: d.Store, nudge: d.Nudge, bodies: d.bodies, reread: d.Intake.Reread(d.Unseal)}
	once := func(h web.Handler) web.Handler { return web.Idempotent(d.Responses, h) }
	route := func(pattern string, access web.Access, h web.Handler) web.Route {
		return web.Route{Pattern: pattern, Access: access, Errors: web.Problem, Handle: h}
	}
	return []web.Route{
		route("GET /openapi.json", web.Anyone, d.showContract),

		route("POST /v1/link-tokens", web.Scope(signin.ItemsWrite), once(linkTokens.mint)),
		route("GET /v1/items", web.Scope(signin.ItemsRead), items.list),
		route("POST /v1/items", web.Scope(signin.ItemsWrite), once(enrolments.enrol)),
		route("GET /v1/items/{id}", web.Scope(signin.ItemsRead), items.show),
		route("DELETE /v1/items/{id}", web.Scope(signin.ItemsWrite), items.remove),
		route("POST /v1/items/{id}/access-token", web.Scope(signin.ItemsAccessToken), items.showAccessToken),
		route("GET /v1/items/{id}/timeline", web.Scope(signin.ItemsRead), items.showTimeline),

		route("GET /v1/merchants/{id}", web.Scope(signin.ItemsRead), merchants.show),
		route("PATCH /v1/merchants/{id}", web.Scope(signin.ItemsWrite), merchants.change),
		route("DELETE /v1/merchants/{id}", web.Scope(signin.ItemsWrite), merchants.erase),

		route("POST /v1/mail-bounces", web.Scope(signin.MailsWrite), bounces.take),

		route("GET /v1/dead-letters", web.Scope(signin.OpsRead), deadLetters.list),
		route("GET /v1/dead-letters/{id}", web.Scope(signin.OpsRead), deadLetters.show),
		route("POST /v1/dead-letters/{id}/replay", web.Scope(signin.OpsAct), deadLetters.one(deadLetters.replay)),
		route("POST /v1/dead-letters/{id}/discard", web.Scope(signin.OpsAct), deadLetters.one(deadLetters.discard)),
		route("POST /v1/dead-letters/replay", web.Scope(signin.OpsAct), deadLetters.many(deadLetters.replay)),
		route("POST /v1/dead-letters/discard", web.Scope(signin.OpsAct), deadLetters.many(deadLetters.discard)),
	}
}
