package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/internal/policy"
)

func TestMail_listsAllBrokenItemsAndTheOthersWait(t *testing.T) {
	t.Parallel()
	p := mailAtOnce()
	p.Everybody.Gap = policy.Default().Everybody.Gap
	p.Everybody.SecondLook = 2 * time.Second // all three are broken by then
	s := startUnder(t, p)
	ctx := within(t, patience)
	var items []blackbox.Item
	for range 3 {
		it, err := s.Link(ctx, blueBottle)
		require.NoError(t, err)
		items = append(items, it)
	}
	for _, it := range items {
		_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
		require.NoError(t, err)
	}
	mail, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	require.NotEmpty(t, mail.MessageID)
	held := 0
	for _, it := range items {
		life := s.awaitLife(t, ctx, it, "a mail sent, held or planned in two days", func(l item.Life) bool {
			return l.Reminders == 1 || !l.Hold.Until.IsZero() || l.Plan.At.After(time.Now().Add(24*time.Hour))
		})
		if !life.Hold.Until.IsZero() {
			held++
			require.Greater(t, time.Until(life.Hold.Until), 47*time.Hour)
		}
	}
	mails, err := s.Mails(ctx, blueBottle.Email)
	require.NoError(t, err)
	require.Len(t, mails, 1)
	require.LessOrEqual(t, held, 2)
}

func TestMail_waitsWhileTheBankIsDown(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	require.NoError(t, s.Bank(ctx, "ins_109508", "DOWN"))
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	life := s.awaitLife(t, ctx, it, "a held mail", func(l item.Life) bool { return !l.Hold.Until.IsZero() })
	require.Equal(t, "nobody can log in at First Platypus Bank now", life.Hold.Why)
	mails, err := s.Mails(ctx, blueBottle.Email)
	require.NoError(t, err)
	require.Empty(t, mails)
	s.kept(t, ctx, "held-while-the-bank-is-down", it)
}
