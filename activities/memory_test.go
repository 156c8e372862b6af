package activities_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/policy"
)

var broken = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func TestAPlanFollowsFromThePolicyAndWhatWasReallySent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC() // of the bubble
		since := now.Add(-time.Hour)
		cases := map[string]struct {
			in   activities.PlanFor
			used int
			last time.Time
			want item.Plan
		}{
			"nothing sent":   {activities.PlanFor{}, 0, time.Time{}, item.Plan{Step: 1, At: now}},
			"one sent":       {activities.PlanFor{}, 1, now, item.Plan{Step: 2, At: now.Add(48 * time.Hour)}},
			"all sent":       {activities.PlanFor{}, 4, now, item.Plan{Exhausted: true, At: now.Add(48 * time.Hour), Why: "the ladder is over"}},
			"withdrawn":      {activities.PlanFor{Cause: item.ConsentRevoked}, 1, now, item.Plan{Exhausted: true, At: now.Add(48 * time.Hour), Why: "the ladder is over"}},
			"wanted":         {activities.PlanFor{Wanted: true}, 4, now, item.Plan{Step: 5, At: now, Why: "a person wants it now"}},
			"asks each time": {activities.PlanFor{UserPresent: true}, 0, time.Time{}, item.Plan{Exhausted: true, Why: "the bank wants the merchant at every update: reminders would never end"}},
			"relinked often": {
				activities.PlanFor{Relinks: []time.Time{since, since, since}},
				0,
				time.Time{},
				item.Plan{Exhausted: true, Why: "repaired 3 times within 7d and broken again: reminders would never end"},
			},
			"expiring": {
				activities.PlanFor{Kind: item.Expires, EndsAt: now.Add(10 * 24 * time.Hour)},
				0,
				time.Time{},
				item.Plan{Step: 1, At: now},
			},
		}
		for name, c := range cases {
			m := activities.NewRecords(remember{mails: func(id item.ID, incident int, kind item.MailKind) (mailing.History, error) {
				require.Equal(t, itemID, id)
				require.Equal(t, 3, incident)
				return mailing.History{TimeZone: "UTC", Used: c.used, LastUsed: c.last}, nil
			}}, plain())
			c.in.ItemID, c.in.Incident, c.in.BrokenSince = itemID, 3, since
			got, _, err := perform[activities.Planned](t, m, m.PlanReminder, c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Plan, name)
			require.Equal(t, c.used, got.Used)
			require.Equal(t, policy.Policy(plain()).Version(), got.Policy)
		}
	})
}

func TestASuppressedAddressEndsTheLadderWhoeverWantsAMail(t *testing.T) {
	t.Parallel()
	m := activities.NewRecords(remember{mails: func(item.ID, int, item.MailKind) (mailing.History, error) {
		return mailing.History{TimeZone: "UTC", Used: 1, Suppressed: mailing.Unsubscribed}, nil
	}}, plain())
	for _, wanted := range []bool{false, true} {
		got, _, err := perform[activities.Planned](t, m, m.PlanReminder, activities.PlanFor{ItemID: itemID, Incident: 3, BrokenSince: broken, Wanted: wanted})
		require.NoError(t, err)
		require.Equal(t, item.Plan{Exhausted: true, Suppressed: true, Why: mailing.Unsubscribed.Sentence()}, got.Plan)
		require.Equal(t, 1, got.Used)
	}
}

func TestLoadItemAnswersWhatIsRemembered(t *testing.T) {
	t.Parallel()
	card := item.Ref{ID: itemID, Environment: "sandbox", MerchantID: "m_1", BusinessName: "Blue Bottle", InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso_7"}
	life := item.Life{State: item.LoginRequired, Cause: item.MFA, Incident: 3, BrokenSince: broken, Reminders: 1, LinkAttempts: 2}
	m := activities.NewRecords(remember{load: func(id item.ID) (item.Ref, item.Life, error) {
		require.Equal(t, itemID, id)
		return card, life, nil
	}}, plain())
	got, _, err := perform[activities.Remembered](t, m, m.LoadItem, itemID)
	require.NoError(t, err)
	require.Equal(t, activities.Remembered{Item: card, Life: life}, got)
}

func TestRecordTransitionsPassesThemOnInOrder(t *testing.T) {
	t.Parallel()
	transitions := []item.Transition{
		{Incident: 3, Step: item.Opened, From: item.Connected, To: item.LoginRequired, Cause: item.Credentials, At: broken, PlaidSays: "ITEM_LOGIN_REQUIRED", InboxIDs: []int64{17, 18}},
		{Incident: 3, Step: item.Changed, Change: 1, From: item.LoginRequired, To: item.Revoked, Cause: item.ConsentRevoked, At: broken.Add(time.Hour)},
	}
	recorded := 0
	m := activities.NewRecords(remember{record: func(id item.ID, got []item.Transition) error {
		require.Equal(t, itemID, id)
		require.Equal(t, transitions, got)
		recorded++
		return nil
	}}, plain())
	_, _, err := perform[any](t, m, m.RecordTransitions, activities.Record{ItemID: itemID, Transitions: transitions})
	require.NoError(t, err)
	require.Equal(t, 1, recorded)
}

func TestWhatGoesWrongWithTheMemoryIsDecidedToo(t *testing.T) {
	t.Parallel()
	for want, err := range map[decision]error{
		{Type: "UnknownItem", Final: true}: fmt.Errorf("load item: %w", item.ErrUnknown),
		{Type: "TryAgain"}:                 errors.New("connection refused"),
	} {
		m := activities.NewRecords(remember{
			load:   func(item.ID) (item.Ref, item.Life, error) { return item.Ref{}, item.Life{}, err },
			record: func(item.ID, []item.Transition) error { return err },
			mails:  func(item.ID, int, item.MailKind) (mailing.History, error) { return mailing.History{}, err },
		}, plain())
		_, _, got := perform[activities.Remembered](t, m, m.LoadItem, itemID)
		require.Equal(t, want, decisionOf(t, got))
		_, _, got = perform[any](t, m, m.RecordTransitions, activities.Record{ItemID: itemID})
		require.Equal(t, want, decisionOf(t, got))
		_, _, got = perform[activities.Planned](t, m, m.PlanReminder, activities.PlanFor{ItemID: itemID})
		require.Equal(t, want, decisionOf(t, got))
	}
}
