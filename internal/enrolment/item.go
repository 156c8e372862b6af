package enrolment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/vault"
)

// Complete returns e with the Item that Plaid handed over: who it is, its sealed token, and at as the time of
// enrolment. e already has the merchant. If Plaid names no institution, e.Item.InstitutionID stays as the caller set
// it.
func Complete(e Enrolment, linked linksession.Linked, environment string, at time.Time) Enrolment {
	e.Item = item.Ref{
		ID: linked.ItemID, Environment: environment, MerchantID: e.Merchant.ID, BusinessName: e.Merchant.BusinessName,
		InstitutionID: cmp.Or(linked.InstitutionID, e.Item.InstitutionID),
		Institution:   cmp.Or(linked.Institution, item.UnnamedInstitution), Partner: e.Merchant.Partner,
	}
	e.Token, e.At = linked.Token, at
	return e
}

// AdoptProblem translates an error of plaid.Client.Adopt into the field that Plaid refused. ok is false for an error
// that the input did not cause, such as an outage.
func AdoptProblem(err error) (p Problem, ok bool) {
	var atPlaid *plaid.Error
	switch {
	case errors.Is(err, plaid.ErrOtherItem):
		return Problem{Field: "access_token", Detail: "opens another Item than item_id"}, true
	case errors.As(err, &atPlaid) && (atPlaid.Code == "INVALID_ACCESS_TOKEN" || atPlaid.Code == "ITEM_NOT_FOUND"):
		return Problem{Field: "access_token", Detail: "is none that Plaid knows: " + atPlaid.Code}, true
	}
	return Problem{}, false
}

// accountSource returns the accounts of an Item. plaid.Client is one.
type accountSource interface {
	Accounts(ctx context.Context, token vault.Sealed) ([]item.Account, error)
}

// accountStore stores the accounts of an Item. Its contract is that of postgres.Store.
type accountStore interface {
	KeepAccounts(ctx context.Context, id item.ID, accounts []item.Account) error
}

// accountsWithin bounds how long an enrolment waits for the names of the accounts.
const accountsWithin = 5 * time.Second

// LearnAccounts stores the names of a new Item's accounts, as Plaid reports them. An enrolment is complete
// without them: a broken Item has none to report, and the next repair asks again. Callers only log its error.
func LearnAccounts(ctx context.Context, source accountSource, store accountStore, linked linksession.Linked) error {
	ctx, cancel := context.WithTimeout(ctx, accountsWithin)
	defer cancel()
	accounts, err := source.Accounts(ctx, linked.Token)
	if err != nil {
		return fmt.Errorf("ask for accounts: %w", err)
	}
	if err := store.KeepAccounts(ctx, linked.ItemID, accounts); err != nil {
		return fmt.Errorf("store accounts: %w", err)
	}
	return nil
}
