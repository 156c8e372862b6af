package v1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/telemetry"
	"relink/internal/vault"
)

const (
	// exchangeTakes is how long a public token stays locked by one request. After that another request may exchange it.
	exchangeTakes = time.Minute
	// enrolWithin is how long the door tries to store an Item whose public token is spent.
	enrolWithin = 15 * time.Second
)

type enrolmentStore interface {
	BeginExchange(ctx context.Context, tokenHash []byte, merchantID string, busy time.Duration) (enrolment.Exchange, error)
	Consent(ctx context.Context, id item.ID) (*enrolment.Consent, error)
	Enrol(ctx context.Context, e enrolment.Enrolment) (created bool, err error)
	KeepAccounts(ctx context.Context, id item.ID, accounts []item.Account) error
	LeaveExchange(ctx context.Context, tokenHash []byte, forget bool) error
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	merchantReader
}

type enrolmentPlaid interface {
	Accounts(ctx context.Context, sealed vault.Sealed) ([]item.Account, error)
	Adopt(ctx context.Context, id item.ID, accessToken string) (linksession.Linked, error)
	Exchange(ctx context.Context, publicToken string) (linksession.Linked, error)
}

// enrolmentRoutes handle POST /v1/items.
type enrolmentRoutes struct {
	store  enrolmentStore
	plaid  enrolmentPlaid
	nudge  func()
	bodies *bodies
	opts   Options
}

// enrolBody is the body of POST /v1/items: a public token, or an Item and its access token.
type enrolBody struct {
	PublicToken string  `json:"public_token"`
	ItemID      item.ID `json:"item_id"`
	AccessToken string  `json:"access_token"`
	// LinkToken is the token of POST /v1/link-tokens with which the merchant linked. The products and accounts that it was
	// minted for complete the consent.
	LinkToken string             `json:"link_token"`
	Consent   *enrolment.Consent `json:"consent"`
	merchantGiven
}

// check adds the mistakes in the body to wrong.
func (e enrolBody) check(wrong *web.Findings) {
	linked, adopted := e.PublicToken != "", e.ItemID != "" || e.AccessToken != ""
	switch {
	case linked && adopted:
		wrong.Field("/public_token", "is sent together with item_id or access_token: send one or the other")
	case !linked && !adopted:
		wrong.Field("/public_token", "is missing, or item_id with access_token")
	case adopted && e.ItemID == "":
		wrong.Field("/item_id", "is missing: access_token comes with it")
	case adopted && e.AccessToken == "":
		wrong.Field("/access_token", "is missing: item_id comes with it")
	}
	e.checkConsent(wrong)
	e.merchantGiven.check(wrong)
}

func (e enrolBody) checkConsent(wrong *web.Findings) {
	if e.Consent == nil {
		if e.LinkToken != "" {
			wrong.Field("/consent", "is missing: link_token completes it")
		}
		return
	}
	switch {
	case e.Consent.At.IsZero():
		wrong.Field("/consent/at", "is missing")
	case e.Consent.At.After(time.Now().Add(time.Hour)):
		wrong.Field("/consent/at", "is in the future")
	}
	checkProducts(wrong, "/consent/products", e.Consent.Products)
}

func checkProducts(wrong *web.Findings, pointer string, products []string) {
	for i, p := range products {
		if !plaid.KnownProduct(p) {
			wrong.Field(fmt.Sprintf("%s/%d", pointer, i), "is no product of Plaid's")
		}
	}
}

// enrol enrols an Item. A public token works once, so enrol checks the body before it spends the token.
func (e enrolmentRoutes) enrol(w http.ResponseWriter, r *http.Request) error {
	var in enrolBody
	wrong, err := e.bodies.read(r, &in)
	if err != nil {
		return err
	}
	in.check(wrong)
	if err := wrong.Err(); err != nil {
		return err
	}
	merchant, known, err := in.find(r.Context(), e.store)
	if err != nil {
		return err
	}
	enrolled := enrolment.Enrolment{Merchant: merchant, MerchantKnown: known, Consent: in.Consent, Trace: telemetry.Traceparent(r.Context())}
	if in.LinkToken != "" {
		enrolled.FirstLink = plaid.HashToken(in.LinkToken)
	}
	// A spent token must not be lost because its caller disconnects.
	ctx := context.WithoutCancel(r.Context())
	var linked linksession.Linked
	if in.PublicToken != "" {
		enrolled.PublicToken = plaid.HashToken(in.PublicToken)
		before, err := e.store.BeginExchange(ctx, enrolled.PublicToken, merchant.ID, exchangeTakes)
		if err != nil {
			return err
		}
		if before.ItemID != "" {
			return e.writeItem(w, r, before.ItemID, http.StatusOK, false)
		}
		linked, err = e.exchange(ctx, in.PublicToken, enrolled.PublicToken, before.Begun)
		if err != nil {
			return err
		}
	} else if linked, err = e.plaid.Adopt(ctx, in.ItemID, in.AccessToken); err != nil {
		return describeAdoption(err)
	}
	return e.keepItem(ctx, w, r, enrolled, linked)
}

// exchange exchanges a public token after BeginExchange. If Plaid refuses the token, it was never valid. But if an
// exchange was begun before, the token may be spent, and the merchant has to link again.
func (e enrolmentRoutes) exchange(ctx context.Context, token string, hash []byte, begun bool) (linksession.Linked, error) {
	linked, err := e.plaid.Exchange(ctx, token)
	if err == nil {
		return linked, nil
	}
	var atPlaid *plaid.Error
	final := errors.As(err, &atPlaid) && atPlaid.Final()
	if left := e.store.LeaveExchange(ctx, hash, final && !begun); left != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("exchange_not_left", left))
	}
	if begun && plaid.IsPublicTokenRefused(err) {
		return linksession.Linked{}, web.Refuse(web.TokenSpent,
			"this public token was handed to Plaid before, and the answer was lost: it is spent, and the merchant has to link once more", err)
	}
	return linksession.Linked{}, err
}

// describeAdoption returns the Error that names the field that Plaid refused, and any other error as it is.
func describeAdoption(err error) error {
	if p, ok := enrolment.AdoptProblem(err); ok {
		return web.RefuseField(web.TokenMismatch, "/"+p.Field, p.Detail, err)
	}
	return err
}

// keepItem stores an Item. Once the public token is spent, the access token cannot be obtained again. So keepItem
// retries for a while if the database is away.
func (e enrolmentRoutes) keepItem(ctx context.Context, w http.ResponseWriter, r *http.Request, enrolled enrolment.Enrolment,
	linked linksession.Linked,
) error {
	enrolled = enrolment.Complete(enrolled, linked, e.opts.Environment, time.Now())
	within, cancel := context.WithTimeout(ctx, e.opts.EnrolWithin)
	defer cancel()
	created, err := e.store.Enrol(within, enrolled)
	for pause := 50 * time.Millisecond; err != nil && passing(err) && waited(within, pause); pause *= 2 {
		created, err = e.store.Enrol(within, enrolled)
	}
	if err != nil {
		return err
	}
	e.nudge()
	if err := enrolment.LearnAccounts(ctx, e.plaid, e.store, linked); err != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("accounts_not_learned", err))
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	telemetry.EventIn(ctx).Set(zap.Bool("created", created))
	return e.writeItem(w, r, linked.ItemID, status, linked.Described && linked.Webhook != e.opts.WebhookURL)
}

// passing reports whether a retry may succeed after this error of the store.
func passing(err error) bool {
	for _, final := range []error{item.ErrTaken, item.ErrErasing, item.ErrUnknown} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// waited waits. It returns false if ctx ends before.
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

// writeItem writes the current state of an Item.
func (e enrolmentRoutes) writeItem(w http.ResponseWriter, r *http.Request, id item.ID, status int, webhookDiffers bool) error {
	telemetry.EventIn(r.Context()).Set(zap.String("item_id", string(id)))
	ctx := context.WithoutCancel(r.Context())
	ref, life, err := e.store.Load(ctx, id)
	if err != nil {
		return err
	}
	view := viewOf(ref, life)
	view.WebhookURLDiffers = webhookDiffers
	if view.Consent, err = e.store.Consent(ctx, id); err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/items/"+string(id))
	return web.WriteJSON(w, status, view)
}
