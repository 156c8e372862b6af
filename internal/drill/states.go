package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"relink/internal/blackbox"
)

// Errors that Items have at Plaid.
const (
	loginRequired = "ITEM_LOGIN_REQUIRED"
	noAccounts    = "NO_ACCOUNTS"
	locked        = "ITEM_LOCKED"
)

// meanings are what relink calls those errors, and none.
var meanings = map[string]struct{ state, cause string }{
	"":            {"connected", ""},
	loginRequired: {"login_required", "credentials"},
	noAccounts:    {"login_required", "accounts_missing"},
	locked:        {"login_required", "bank_action"},
}

// differs returns a complaint unless relink has an Item as Plaid has it: in the error of that code, or well.
func differs(it blackbox.Item, code string) string {
	want := meanings[code]
	if it.State == want.state && it.Cause == want.cause {
		return ""
	}
	return fmt.Sprintf("item %s is %s %s, want %s %s", it.ID, it.State, it.Cause, want.state, want.cause)
}

// judgeStates asks relink about all Items at once until it says of each what Plaid says.
func (r *run) judgeStates(ctx context.Context, patience time.Duration) error {
	var wrong []string
	err := r.poll(ctx, "items not in Plaid's state", patience, func(ctx context.Context) (int, error) {
		found := make([]string, len(r.items))
		err := blackbox.ForEach(ctx, len(found), nil, func(ctx context.Context, i int) error {
			it, err := r.Client.Item(ctx, r.items[i].ID)
			found[i] = differs(it, r.expect(i).code)
			return err
		})
		wrong = slices.DeleteFunc(found, func(complaint string) bool { return complaint == "" })
		return len(wrong), err
	})
	if err != nil {
		return err
	}
	r.figure(float64(len(r.items)-len(wrong)), "items in Plaid's state")
	r.none("items not in Plaid's state", wrong)
	return nil
}
