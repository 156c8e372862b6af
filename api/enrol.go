package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

const (
	// exchangeTakes is how long one request may be at a public token; after that another one may try.
	exchangeTakes = time.Minute
	// enrolWithin is how long an Item whose token is spent is tried to be stored.
	enrolWithin = 15 * time.Second
)

// tokenSpent is the type of the problem that a public token was spent without anything to show for it.
const tokenSpent = "urn:relink:problem:public_token_spent"

// enrolBody is the body of POST /v1/items: a public token, or an Item and its access token.
type enrolBody struct {
	PublicToken string  `json:"public_token"`
	ItemID      item.ID `json:"item_id"`
	AccessToken string  `json:"access_token"`
	// LinkToken is the one of POST /v1/link-tokens that the merchant linked with; what was asked for with it completes the
	// consent.
	LinkToken string        `json:"link_token"`
	Consent   *item.Consent `json:"consent"`
	merchantGiven
}

func (e enrolBody) check() error {
	linked, adopted := e.PublicToken != "", e.ItemID != "" || e.AccessToken != ""
	switch {
	case linked && adopted:
		return badInput("public_token, or item_id with access_token: not both")
	case !linked && !adopted:
		return badInput("public_token is missing, or item_id with access_token")
	case adopted && e.ItemID == "":
		return badInput("item_id is missing: access_token comes with it")
	case adopted && e.AccessToken == "":
		return badInput("access_token is missing: item_id comes with it")
	case e.Consent == nil && e.LinkToken != "":
		return badInput("consent is missing: link_token completes it")
	case e.Consent != nil && e.Consent.At.IsZero():
		return badInput("consent.at is missing")
	case e.Consent != nil && e.Consent.At.After(time.Now().Add(time.Hour)):
		return badInput("consent.at is in the future")
	}
	if e.Consent != nil {
		return checkProducts("consent.products", e.Consent.Products)
	}
	return nil
}

func checkProducts(field string, products []string) error {
	for _, p := range products {
		if !plaid.KnownProduct(p) {
			return badInput("%s: Plaid has no product %q", field, p)
		}
	}
	return nil
}

// enrolItem puts an Item under relink's care. A public token works once, so the input is checked before it is spent.
func (s *Server) enrolItem(w http.ResponseWriter, r *http.Request) error {
	var in enrolBody
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	merchant, known, err := s.merchantFor(r.Context(), in.merchantGiven)
	if err != nil {
		return err
	}
	e := item.Enrolment{Merchant: merchant, MerchantKnown: known, Consent: in.Consent, Trace: telemetry.Traceparent(r.Context())}
	if in.LinkToken != "" {
		e.FirstLink = plaid.HashToken(in.LinkToken)
	}
	// A token that is spent must not be lost because its caller goes away.
	ctx := context.WithoutCancel(r.Context())
	var linked item.Linked
	if in.PublicToken != "" {
		e.PublicToken = plaid.HashToken(in.PublicToken)
		before, err := s.Store.BeginExchange(ctx, e.PublicToken, merchant.ID, exchangeTakes)
		if err != nil {
			return err
		}
		if before.ItemID != "" {
			return s.enrolled(w, r, before.ItemID, http.StatusOK, false)
		}
		linked, err = s.exchange(ctx, in.PublicToken, e.PublicToken, before.Begun)
		if err != nil {
			return err
		}
	} else if linked, err = s.Plaid.Adopt(ctx, in.ItemID, in.AccessToken); err != nil {
		return adoptFault(err)
	}
	return s.keepItem(ctx, w, r, e, linked)
}

// exchange exchanges a public token whose exchange is written down. A token that Plaid refuses is one that was never good,
// unless we have begun to exchange it before: then it may be spent, and only linking again helps.
func (s *Server) exchange(ctx context.Context, token string, hash []byte, begun bool) (item.Linked, error) {
	linked, err := s.Plaid.Exchange(ctx, token)
	if err == nil {
		return linked, nil
	}
	var atPlaid *plaid.Error
	final := errors.As(err, &atPlaid) && atPlaid.Final()
	if left := s.Store.LeaveExchange(ctx, hash, final && !begun); left != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("exchange_not_left", left))
	}
	if begun && plaid.IsPublicTokenRefused(err) {
		return item.Linked{}, &fault{
			status: http.StatusConflict, kind: tokenSpent, cause: err,
			public: "this public token was handed to Plaid before, and the answer was lost: it is spent, and the merchant has to link once more",
		}
	}
	return item.Linked{}, err
}

// adoptFault says which field Plaid did not like.
func adoptFault(err error) error {
	if p, ok := enrolment.AdoptProblem(err); ok {
		return refuse(http.StatusUnprocessableEntity, p.String(), err)
	}
	return err
}

// keepItem stores an Item. Once its public token is spent nothing can bring the access token again: a database that is away
// for a moment does not cost us the Item.
func (s *Server) keepItem(ctx context.Context, w http.ResponseWriter, r *http.Request, e item.Enrolment, linked item.Linked) error {
	e = enrolment.Complete(e, linked, s.opts.Environment, time.Now())
	within, cancel := context.WithTimeout(ctx, s.opts.EnrolWithin)
	defer cancel()
	created, err := s.Store.Enrol(within, e)
	for pause := 50 * time.Millisecond; err != nil && passing(err) && waited(within, pause); pause *= 2 {
		created, err = s.Store.Enrol(within, e)
	}
	if err != nil {
		return err
	}
	s.Dispatcher.Nudge()
	if err := enrolment.LearnAccounts(ctx, s.Plaid, s.Store, linked); err != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("accounts_not_learned", err))
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	telemetry.EventIn(ctx).Set(zap.Bool("created", created))
	return s.enrolled(w, r, linked.ItemID, status, linked.Described && linked.Webhook != s.webhookURL())
}

// passing reports that the store may take later what it did not take now.
func passing(err error) bool {
	for _, final := range []error{item.ErrTaken, item.ErrErasing, item.ErrUnknown} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// waited waits; it answers false when ctx ends before.
func waited(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// enrolled answers an Item as it is now.
func (s *Server) enrolled(w http.ResponseWriter, r *http.Request, id item.ID, status int, webhookDiffers bool) error {
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	ctx := context.WithoutCancel(r.Context())
	card, life, err := s.Store.Load(ctx, id)
	if err != nil {
		return err
	}
	view := viewOf(card, life)
	view.WebhookURLDiffers = webhookDiffers
	if view.Consent, err = s.Store.Consent(ctx, id); err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/items/"+string(id))
	return writeJSON(w, status, view)
}

// webhookURL is where Plaid is to send webhooks.
func (s *Server) webhookURL() string {
	return s.opts.PublicURL + "/webhooks/plaid/" + s.opts.Environment
}
