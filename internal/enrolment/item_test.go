package enrolment_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/vault"
)

func TestComplete_describesTheItemAsPlaidDoes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	m := enrolment.Merchant{ID: "m1", BusinessName: "Shop", Partner: "iso-7"}
	given := enrolment.Enrolment{Merchant: m, Shadow: true, Item: item.Ref{InstitutionID: "ins_of_the_file"}}
	linked := linksession.Linked{
		ItemID: "itm1", InstitutionID: "ins_1", Institution: "First Platypus Bank", Token: vault.Sealed{Row: "items/itm1"},
	}

	got := enrolment.Complete(given, linked, "sandbox", at)
	require.Equal(t, enrolment.Enrolment{
		Item: item.Ref{
			ID: "itm1", Environment: "sandbox", MerchantID: "m1", BusinessName: "Shop", InstitutionID: "ins_1",
			Institution: "First Platypus Bank", Partner: "iso-7",
		},
		Merchant: m, Token: linked.Token, At: at, Shadow: true,
	}, got)

	linked.InstitutionID, linked.Institution = "", ""
	unnamed := enrolment.Complete(given, linked, "sandbox", at).Item
	require.Equal(t, "ins_of_the_file", unnamed.InstitutionID)
	require.Equal(t, item.UnnamedInstitution, unnamed.Institution)
}

func TestAdoptProblem_isTheInputsFaultAlone(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"access_token opens another Item than item_id":                fmt.Errorf("adopt: %w", plaid.ErrOtherItem),
		"access_token is none that Plaid knows: INVALID_ACCESS_TOKEN": fmt.Errorf("adopt: %w", &plaid.Error{Code: "INVALID_ACCESS_TOKEN"}),
		"access_token is none that Plaid knows: ITEM_NOT_FOUND":       &plaid.Error{Code: "ITEM_NOT_FOUND"},
	} {
		p, ok := enrolment.AdoptProblem(err)
		require.True(t, ok, want)
		require.Equal(t, want, p.String())
	}
	for _, err := range []error{errors.New("no answer"), &plaid.Error{Code: "INVALID_API_KEYS"}, context.DeadlineExceeded} {
		_, ok := enrolment.AdoptProblem(err)
		require.False(t, ok, err)
	}
}

func TestLearnAccounts_storesThemOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	store := &fakeStore{}
	linked := linksession.Linked{ItemID: "a", Token: vault.Sealed{Ciphertext: []byte("t")}}
	require.NoError(t, enrolment.LearnAccounts(t.Context(), &fakePlaid{}, store, linked))
	require.Equal(t, map[item.ID][]item.Account{"a": {{ID: "acc of t"}}}, store.accounts)

	broken := errors.New("ITEM_LOGIN_REQUIRED")
	err := enrolment.LearnAccounts(t.Context(), &fakePlaid{noAccounts: broken}, store, linksession.Linked{ItemID: "b"})
	require.ErrorIs(t, err, broken)
	require.NotContains(t, store.accounts, item.ID("b"))
}
