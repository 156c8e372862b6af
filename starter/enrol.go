package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"relink/internal/item"
)

// adopter asks Plaid whose access token this is and seals it; an error never holds the token.
type adopter interface {
	Adopt(ctx context.Context, id item.ID, accessToken string) (item.Linked, error)
	Accounts(ctx context.Context, token item.Sealed) ([]item.Account, error)
}

// enrolled is where Items are enrolled. Its contracts are those of postgres.Store.
type enrolled interface {
	Enrol(ctx context.Context, e item.Enrolment) (created bool, err error)
	Load(ctx context.Context, id item.ID) (item.Card, item.Life, error)
	KeepAccounts(ctx context.Context, id item.ID, accounts []item.Account) error
	Shadow(ctx context.Context, id item.ID, on bool, at time.Time) (changed bool, err error)
}

// Enroller enrols Items in bulk. Running it again over the same rows goes on where it stopped: Items that are enrolled
// already cost no question to Plaid.
type Enroller struct {
	Plaid       adopter
	Store       enrolled
	Environment string
	// PerSecond bounds the questions to Plaid; 20 when zero, a quarter of what Plaid allows a client.
	PerSecond float64
	// Shadow has the Items watched, and nobody mailed about them; false ends that for those that are enrolled already. Nil
	// leaves them as they are, and has new ones mailed.
	Shadow *bool
	// Progress is told after each row; may be nil.
	Progress func(done int)
}

// Tally is what became of the rows.
type Tally struct {
	Enrolled int `json:"enrolled"`
	Known    int `json:"known"` // enrolled before
	Failed   int `json:"failed"`
}

// Enrol enrols the rows one after another. A row that fails does not stop the others: their errors are joined, each
// with its line.
func (e Enroller) Enrol(ctx context.Context, rows []Row) (Tally, error) {
	perSecond := e.PerSecond
	if perSecond == 0 {
		perSecond = 20
	}
	limiter := rate.NewLimiter(rate.Limit(perSecond), 1)
	var (
		tally    Tally
		problems []error
	)
	for i, row := range rows {
		created, err := e.one(ctx, limiter, row)
		switch {
		case ctx.Err() != nil:
			return tally, errors.Join(append(problems, fmt.Errorf("stopped at line %d; run it again to go on: %w", row.Line, ctx.Err()))...)
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

func (e Enroller) one(ctx context.Context, limiter *rate.Limiter, row Row) (created bool, err error) {
	card, _, err := e.Store.Load(ctx, row.ItemID)
	switch {
	case err == nil && card.MerchantID == row.Merchant.ID && e.Shadow != nil:
		_, err := e.Store.Shadow(ctx, row.ItemID, *e.Shadow, time.Now())
		return false, err
	case err == nil && card.MerchantID == row.Merchant.ID:
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
		return false, err
	}
	created, err = e.Store.Enrol(ctx, item.Enrolment{
		Card: item.Card{
			ID: row.ItemID, Environment: e.Environment, MerchantID: row.Merchant.ID, BusinessName: row.Merchant.BusinessName,
			InstitutionID: cmp.Or(linked.InstitutionID, row.InstitutionID), Institution: cmp.Or(linked.Institution, item.UnnamedInstitution),
			Partner: row.Merchant.Partner,
		},
		Merchant: row.Merchant, Token: linked.Token, At: time.Now(), Shadow: e.Shadow != nil && *e.Shadow,
		RequiredAccounts: row.RequiredAccounts, HubSpotDealID: row.HubSpotDealID, MarqetaUserToken: row.MarqetaUserToken,
	})
	if err == nil && created {
		e.learnAccounts(ctx, limiter, linked)
	}
	return created, err
}

// learnAccounts keeps the names of the accounts. An Item that is broken tells none: the repair does then.
func (e Enroller) learnAccounts(ctx context.Context, limiter *rate.Limiter, linked item.Linked) {
	if limiter.Wait(ctx) != nil {
		return
	}
	if accounts, err := e.Plaid.Accounts(ctx, linked.Token); err == nil {
		_ = e.Store.KeepAccounts(ctx, linked.ItemID, accounts)
	}
}
