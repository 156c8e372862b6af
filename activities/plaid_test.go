package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/vault"
)

func TestAskPlaid_passesTheSealedTokenThrough(t *testing.T) {
	t.Parallel()
	for _, accounts := range []bool{false, true} {
		asked := 0
		p := activities.NewPlaid(fakePlaid(func(_ context.Context, token vault.Sealed, withAccounts bool) (item.PlaidStatus, error) {
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

func TestAskPlaid_returnsPlaidsStatus(t *testing.T) {
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

func TestAskPlaid_unknownItemIsNotRetried(t *testing.T) {
	t.Parallel()
	p := activities.NewPlaid(fakePlaid(func(context.Context, vault.Sealed, bool) (item.PlaidStatus, error) {
		t.Error("there is no token to ask with")
		return item.PlaidStatus{}, nil
	}), tokens(enrolled))
	_, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: "itm_of_nobody"})
	require.Equal(t, decision{Type: "UnknownItem", Final: true}, decisionOf(t, err))
}

func TestAskPlaid_unreadableTokenIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := activities.NewPlaid(says(item.PlaidStatus{}), tokens(func(context.Context, item.ID) (vault.Sealed, error) {
		return vault.Sealed{}, errors.New("connection refused")
	}))
	_, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
}

// fakeTokenStore has the tokens, and stores accounts.
type fakeTokenStore struct {
	tokens
	accounts map[item.ID][]item.Account
}

func (b fakeTokenStore) KeepAccounts(_ context.Context, id item.ID, accounts []item.Account) error {
	b.accounts[id] = accounts
	return nil
}

func TestAskPlaid_accountsAreStoredAndNotReturned(t *testing.T) {
	t.Parallel()
	store := fakeTokenStore{tokens: enrolled, accounts: map[item.ID][]item.Account{}}
	accounts := []item.Account{{ID: "a", Name: contactName + " Checking", Mask: "0000"}}
	p := activities.NewPlaid(says(item.PlaidStatus{Accounts: accounts}), store)
	got, err := p.AskPlaid(t.Context(), activities.Ask{ItemID: itemID, Accounts: true})
	require.NoError(t, err)
	require.Equal(t, item.PlaidStatus{}, got)
	require.Equal(t, map[item.ID][]item.Account{itemID: accounts}, store.accounts)
	encoded, err := json.Marshal(item.PlaidStatus{Accounts: accounts})
	require.NoError(t, err)
	require.NotContains(t, string(encoded), contactName, "nor can one be encoded by mistake")
}
