package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/vault"
)

func TestAskPlaidPassesTheSealedTokenThrough(t *testing.T) {
	t.Parallel()
	for _, accounts := range []bool{false, true} {
		asked := 0
		p := activities.NewPlaid(bank(func(_ context.Context, token vault.Sealed, withAccounts bool) (item.PlaidStatus, error) {
			asked++
			require.Equal(t, sealed, token)
			require.Equal(t, accounts, withAccounts)
			return item.PlaidStatus{}, nil
		}), tokens(enrolled))
		_, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID, Accounts: accounts})
		require.NoError(t, err)
		require.Equal(t, 1, asked)
	}
}

func TestAskPlaidAnswersTheTruth(t *testing.T) {
	t.Parallel()
	ends := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, want := range []item.PlaidStatus{
		{},
		{Gone: true},
		{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_CONSENT_EXPIRED", ConsentExpiresAt: ends},
		{ErrorCode: "INSTITUTION_DOWN"},
	} {
		p := activities.NewPlaid(says(want), tokens(enrolled))
		got, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAnUnknownItemIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	p := activities.NewPlaid(bank(func(context.Context, vault.Sealed, bool) (item.PlaidStatus, error) {
		t.Error("there is no token to ask with")
		return item.PlaidStatus{}, nil
	}), tokens(enrolled))
	_, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: "itm_of_nobody"})
	require.Equal(t, decision{Type: "UnknownItem", Final: true}, decisionOf(t, err))
}

func TestAFaultBecomesARetryDecision(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err  error
		want decision
	}{
		"throttled": {
			&fault{text: "plaid: RATE_LIMIT", throttled: true, wait: 7 * time.Minute},
			decision{Type: "Throttled", Wait: 7 * time.Minute, Benign: true},
		},
		"throttled without a time": {
			&fault{text: "plaid: RATE_LIMIT", throttled: true},
			decision{Type: "Throttled", Wait: 30 * time.Second, Benign: true},
		},
		"throttled and final": {
			&fault{text: "plaid: RATE_LIMIT", throttled: true, wait: time.Second, ours: true, final: true},
			decision{Type: "Throttled", Wait: time.Second, Benign: true},
		},
		"our own": {
			&fault{text: "plaid: INVALID_API_KEYS", ours: true},
			decision{Type: "OurFault", Wait: 5 * time.Minute},
		},
		"our own, though the same request will be refused": {
			&fault{text: "plaid: MISSING_FIELDS", ours: true, final: true},
			decision{Type: "OurFault", Wait: 5 * time.Minute},
		},
		"final":         {&fault{text: "plaid: INVALID_FIELD", final: true}, decision{Type: "Refused", Final: true}},
		"nothing known": {&fault{text: "plaid: INTERNAL_SERVER_ERROR"}, decision{Type: "TryAgain"}},
		"no fault":      {errors.New("connection reset"), decision{Type: "TryAgain"}},
		"out of time":   {context.DeadlineExceeded, decision{Type: "TryAgain"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := activities.NewPlaid(refuses(fmt.Errorf("get item: %w", c.err)), tokens(enrolled))
			_, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
			require.Equal(t, c.want, decisionOf(t, err))
			require.ErrorContains(t, err, c.err.Error(), "operators see why")
			requireNoSecret(t, err.Error())
		})
	}
}

func TestAVaultThatCannotBeReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := activities.NewPlaid(says(item.PlaidStatus{}), tokens(func(context.Context, item.ID) (vault.Sealed, error) {
		return vault.Sealed{}, errors.New("connection refused")
	}))
	_, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
}

func TestOnlyOurOwnFaultRaisesAnAlert(t *testing.T) {
	t.Parallel()
	for _, f := range []*fault{{text: "ours", ours: true}, {text: "theirs", throttled: true}, {text: "final", final: true}, {text: "odd"}} {
		p := activities.NewPlaid(refuses(f), tokens(enrolled))
		_, log, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
		require.Error(t, err)
		require.Equal(t, f.ours, len(log.alerts()) == 1, f.text)
		for _, line := range log.lines {
			requireNoSecret(t, line)
		}
	}
}

// accountBook is a vault that knows one Item, and keeps its accounts.
type accountBook struct {
	tokens
	kept map[item.ID][]item.Account
}

func (b accountBook) KeepAccounts(_ context.Context, id item.ID, accounts []item.Account) error {
	b.kept[id] = accounts
	return nil
}

func TestAccountsAreKeptAndNeverPartOfTheAnswer(t *testing.T) {
	t.Parallel()
	book := accountBook{tokens: enrolled, kept: map[item.ID][]item.Account{}}
	accounts := []item.Account{{ID: "a", Name: contactName + " Checking", Mask: "0000"}}
	p := activities.NewPlaid(says(item.PlaidStatus{Accounts: accounts}), book)
	got, err := p.AskPlaid(t.Context(), activities.Ask{ItemID: itemID, Accounts: true})
	require.NoError(t, err)
	require.Equal(t, item.PlaidStatus{}, got)
	require.Equal(t, map[item.ID][]item.Account{itemID: accounts}, book.kept)
	encoded, err := json.Marshal(item.PlaidStatus{Accounts: accounts})
	require.NoError(t, err)
	require.NotContains(t, string(encoded), contactName, "nor would it be by mistake")
}
