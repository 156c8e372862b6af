package enrolment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"relink/internal/item"
	"relink/internal/linksession"
)

// adopter asks Plaid about an access token and seals it. Its errors do not hold the token.
type adopter interface {
	Adopt(ctx context.Context, id item.ID, accessToken string) (linksession.Linked, error)
	accountSource
}

// itemStore is where Items are enrolled. Its contract is that of postgres.Store.
type itemStore interface {
	Enrol(ctx context.Context, e Enrolment) (created bool, err error)
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	Shadow(ctx context.Context, id item.ID, on bool, at time.Time) (changed bool, err error)
	accountStore
}

// Enroller enrols Items in bulk. A second run over the same rows continues where the first one stopped: Items that are
// enrolled already cost no request to Plaid. Temporal is not involved: the api's dispatcher starts the workflows.
type Enroller struct {
	Plaid       adopter
	Store       itemStore
	Environment string // Plaid's, "sandbox" or "production"
	// PerSecond bounds the requests to Plaid; 0 means 20, a quarter of what Plaid allows a client.
	PerSecond float64
	// Shadow, when true, enrols Items in shadow mode: their mails are recorded and not sent. When false, it ends shadow
	// mode for Items that are enrolled already. Nil leaves enrolled Items as they are and enrols new ones with mails.
	Shadow *bool
	// Progress, if set, is called after each row with the number of rows done.
	Progress func(done int)
}

// Tally counts the results of the rows.
type Tally struct {
	Enrolled int `json:"enrolled"`
	Known    int `json:"known"` // enrolled before
	Failed   int `json:"failed"`
}

const defaultPerSecond = 20

// Enrol enrols the rows one after another. A row that fails stops no other row: the errors are joined, each with its
// line.
func (e Enroller) Enrol(ctx context.Context, rows []Row) (Tally, error) {
	perSecond := e.PerSecond
	if perSecond == 0 {
		perSecond = defaultPerSecond
	}
	limiter := rate.NewLimiter(rate.Limit(perSecond), 1)
	var (
		tally    Tally
		problems []error
	)
	for i, row := range rows {
		created, err := e.enrolRow(ctx, limiter, row)
		switch {
		case ctx.Err() != nil:
			stopped := fmt.Errorf("stopped at line %d; run it again to go on: %w", row.Line, ctx.Err())
			return tally, errors.Join(append(problems, stopped)...)
		case err != nil:
			tally.Failed++
			problems = append(problems, fmt.Errorf("line %d: %w", row.Line, err))
		case created:
			tally.Enrolled++
		default:
			tally.Known++
		}
		if e.Progress != nil {
			e.Progress(i + 1)
		}
	}
	return tally, errors.Join(problems...)
}

func (e Enroller) enrolRow(ctx context.Context, limiter *rate.Limiter, row Row) (created bool, err error) {
	ref, _, err := e.Store.Load(ctx, row.ItemID)
	switch {
	case err == nil && ref.MerchantID == row.Merchant.ID && e.Shadow != nil:
		_, err := e.Store.Shadow(ctx, row.ItemID, *e.Shadow, time.Now())
		return false, err
	case err == nil && ref.MerchantID == row.Merchant.ID:
		return false, nil
	case err == nil:
		return false, fmt.Errorf("item %s: %w", row.ItemID, item.ErrTaken)
	case !errors.Is(err, item.ErrUnknown):
		return false, err
	}
	if err := limiter.Wait(ctx); err != nil {
		return false, fmt.Errorf("wait for our turn at Plaid: %w", err)
	}
	linked, err := e.Plaid.Adopt(ctx, row.ItemID, row.AccessToken)
	if err != nil {
		if p, ok := AdoptProblem(err); ok {
			err = fmt.Errorf("%s: %w", p, err)
		}
		return false, err
	}
	created, err = e.Store.Enrol(ctx, Complete(row.enrolment(e.Shadow != nil && *e.Shadow), linked, e.Environment, time.Now()))
	if err == nil && created && limiter.Wait(ctx) == nil {
		_ = LearnAccounts(ctx, e.Plaid, e.Store, linked)
	}
	return created, err
}

// enrolment returns the enrolment as far as the row describes it.
func (r Row) enrolment(shadow bool) Enrolment {
	return Enrolment{
		Item: item.Ref{InstitutionID: r.InstitutionID}, Merchant: r.Merchant, Shadow: shadow,
		RequiredAccounts: r.RequiredAccounts, HubSpotDealID: r.HubSpotDealID, MarqetaUserToken: r.MarqetaUserToken,
	}
}
