package enrolment_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/vault"
)

type fakePlaid struct {
	asked []item.ID
	fail  map[item.ID]error
	// noAccounts is the error that Accounts returns.
	noAccounts error
}

func (f *fakePlaid) Adopt(_ context.Context, id item.ID, token string) (linksession.Linked, error) {
	f.asked = append(f.asked, id)
	sealed := vault.Sealed{Ciphertext: []byte("sealed " + token)}
	return linksession.Linked{ItemID: id, Institution: "First Platypus Bank", Token: sealed}, f.fail[id]
}

func (f *fakePlaid) Accounts(_ context.Context, token vault.Sealed) ([]item.Account, error) {
	if f.noAccounts != nil {
		return nil, f.noAccounts
	}
	return []item.Account{{ID: "acc of " + string(token.Ciphertext)}}, nil
}

type fakeStore struct {
	cards    map[item.ID]item.Ref
	accounts map[item.ID][]item.Account
	shadow   map[item.ID]bool
}

func (f *fakeStore) Shadow(_ context.Context, id item.ID, on bool, _ time.Time) (bool, error) {
	f.shadow[id] = on
	return true, nil
}

func (f *fakeStore) KeepAccounts(_ context.Context, id item.ID, accounts []item.Account) error {
	if f.accounts == nil {
		f.accounts = map[item.ID][]item.Account{}
	}
	f.accounts[id] = accounts
	return nil
}

func (f *fakeStore) Load(_ context.Context, id item.ID) (item.Ref, item.Life, error) {
	card, ok := f.cards[id]
	if !ok {
		return item.Ref{}, item.Life{}, item.ErrUnknown
	}
	return card, item.Life{}, nil
}

func (f *fakeStore) Enrol(_ context.Context, e enrolment.Enrolment) (bool, error) {
	f.cards[e.Item.ID] = e.Item
	if f.shadow != nil {
		f.shadow[e.Item.ID] = e.Shadow
	}
	return true, nil
}

func rows(ids ...item.ID) []enrolment.Row {
	var all []enrolment.Row
	for i, id := range ids {
		all = append(all, enrolment.Row{Line: i + 2, ItemID: id, AccessToken: "t", Merchant: enrolment.Merchant{ID: "m1"}})
	}
	return all
}

func TestEnroller_Enrol_asksPlaidOnlyForWhatIsMissing(t *testing.T) {
	t.Parallel()
	atPlaid, store := &fakePlaid{}, &fakeStore{cards: map[item.ID]item.Ref{"a": {ID: "a", MerchantID: "m1"}}}
	done := 0
	enroller := enrolment.Enroller{Plaid: atPlaid, Store: store, PerSecond: 1000, Progress: func(n int) { done = n }}
	tally, err := enroller.Enrol(t.Context(), rows("a", "b"))
	require.NoError(t, err)
	require.Equal(t, enrolment.Tally{Enrolled: 1, Known: 1}, tally)
	require.Equal(t, []item.ID{"b"}, atPlaid.asked)
	require.Equal(t, map[item.ID][]item.Account{"b": {{ID: "acc of sealed t"}}}, store.accounts)
	require.Equal(t, 2, done)
}

func TestEnroller_Enrol_changesShadowOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	known := func() *fakeStore {
		return &fakeStore{cards: map[item.ID]item.Ref{"a": {ID: "a", MerchantID: "m1"}}, shadow: map[item.ID]bool{}}
	}
	on, off := true, false
	for _, c := range []struct {
		said *bool
		want map[item.ID]bool
	}{
		{&on, map[item.ID]bool{"a": true, "b": true}},
		{&off, map[item.ID]bool{"a": false, "b": false}},
		{nil, map[item.ID]bool{"b": false}}, // an Item that is enrolled stays as it is
	} {
		store := known()
		_, err := enrolment.Enroller{Plaid: &fakePlaid{}, Store: store, PerSecond: 1000, Shadow: c.said}.Enrol(t.Context(), rows("a", "b"))
		require.NoError(t, err)
		require.Equal(t, c.want, store.shadow)
	}
}

func TestEnroller_Enrol_namesAFailedRowAndGoesOn(t *testing.T) {
	t.Parallel()
	atPlaid := &fakePlaid{fail: map[item.ID]error{"a": &plaid.Error{Code: "INVALID_ACCESS_TOKEN", Status: 400}}}
	store := &fakeStore{cards: map[item.ID]item.Ref{"c": {ID: "c", MerchantID: "another"}}}
	tally, err := enrolment.Enroller{Plaid: atPlaid, Store: store, PerSecond: 1000}.Enrol(t.Context(), rows("a", "b", "c"))
	require.ErrorContains(t, err, "line 2: access_token is none that Plaid knows: INVALID_ACCESS_TOKEN: plaid: INVALID_ACCESS_TOKEN")
	require.ErrorIs(t, err, item.ErrTaken)
	require.Equal(t, enrolment.Tally{Enrolled: 1, Failed: 2}, tally)
}

func TestEnroller_Enrol_reportsWhereItWasStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	store := &fakeStore{cards: map[item.ID]item.Ref{}}
	enroller := enrolment.Enroller{Plaid: &fakePlaid{}, Store: store, PerSecond: 1000, Progress: func(int) { cancel() }}
	tally, err := enroller.Enrol(ctx, rows("a", "b"))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "run it again")
	require.Equal(t, 1, tally.Enrolled)
}
