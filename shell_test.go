package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"relink/internal/item"
	"relink/internal/postgres"
	"relink/internal/testkit"
)

// fakeHand stands in for Temporal: so many Items match any query, and so many of them cannot be reached.
type fakeHand struct {
	matches, missed int64
	refuses         map[item.ID]error
	countErr        error
	batchErr        error

	counted []string
	many    map[string]item.Order // by query
	each    map[item.ID]item.Order
	walks   int
}

func (f *fakeHand) Count(_ context.Context, matching string) (int64, error) {
	f.counted = append(f.counted, matching)
	return f.matches, f.countErr
}

func (f *fakeHand) Order(_ context.Context, id item.ID, o item.Order) error {
	if err := f.refuses[id]; err != nil {
		return err
	}
	if f.each == nil {
		f.each = map[item.ID]item.Order{}
	}
	f.each[id] = o
	return nil
}

func (f *fakeHand) OrderAll(_ context.Context, matching string, o item.Order, progress func(done, total int64)) (reached, missed int64, err error) {
	if f.batchErr != nil {
		return 0, 0, f.batchErr
	}
	if f.many == nil {
		f.many = map[string]item.Order{}
	}
	f.many[matching] = o
	progress(0, 0)
	progress(f.matches-f.missed, f.matches)
	return f.matches - f.missed, f.missed, nil
}

func (f *fakeHand) ReconcileNow(context.Context) error {
	f.walks++
	return nil
}

// touched reports that any order was given.
func (f *fakeHand) touched() bool { return len(f.many)+len(f.each)+f.walks > 0 }

// at is a shell of olga's, who says what is typed; without a word nobody sits there.
func at(typed ...string) (s shell, out, ask *bytes.Buffer) {
	out, ask = &bytes.Buffer{}, &bytes.Buffer{}
	return shell{by: "olga", in: strings.NewReader(strings.Join(typed, "")), terminal: len(typed) > 0, out: out, ask: ask}, out, ask
}

func testStore(t *testing.T) *postgres.Store {
	t.Helper()
	url := testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	store, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

func TestOnlyAYesIsAYes(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{"y\n": true, "Yes\n": true, "n\n": false, "\n": false, "yep\n": false} {
		s, _, ask := at(typed)
		agreed, err := s.agree("120 Items match", "remind them")
		require.NoError(t, err)
		require.Equal(t, want, agreed, "%q", typed)
		require.Contains(t, ask.String(), "120 Items match; remind them? [y/N] ")
		require.Equal(t, !want, strings.Contains(ask.String(), "nothing was changed"))
	}
}

func TestWhereNobodySitsNothingIsChangedWithoutYes(t *testing.T) {
	t.Parallel()
	nobody, _, _ := at()
	gone, _, _ := at("") // a terminal that hangs up
	for _, s := range []shell{nobody, gone} {
		agreed, err := s.agree("120 Items match", "remind them")
		require.False(t, agreed)
		require.ErrorIs(t, err, errUsage, "exit 2")
		require.ErrorContains(t, err, "120 Items match")
		require.ErrorContains(t, err, "nothing was changed")
		s.yes = true
		agreed, err = s.agree("120 Items match", "remind them")
		require.NoError(t, err)
		require.True(t, agreed)
	}
}

func TestAQueryThatTemporalDoesNotUnderstandIsWrongUsage(t *testing.T) {
	t.Parallel()
	h := &fakeHand{countErr: serviceerror.NewInvalidArgument("unknown search attribute")}
	_, err := count(t.Context(), h, "Relinkstate = 'x'")
	require.ErrorIs(t, err, errUsage)
	require.ErrorContains(t, err, "unknown search attribute")
	h.countErr = errors.New("connection refused")
	_, err = count(t.Context(), h, "")
	require.NotErrorIs(t, err, errUsage)
	require.ErrorIs(t, err, h.countErr)
}
