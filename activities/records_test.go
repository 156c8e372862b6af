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

func TestPlanReminder_followsThePolicyAndTheMailsReallySent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC() // of the bubble
		since := now.Add(-time.Hour)
		over := item.Plan{Exhausted: true, At: now.Add(48 * time.Hour), Why: "the ladder is over"}
		cases := map[string]struct {
			in   activities.PlanFor
			used int
			last time.Time
			want item.Plan
		}{
			"nothing sent": {activities.PlanFor{}, 0, time.Time{}, item.Plan{Step: 1, At: now}},
			"one sent":     {activities.PlanFor{}, 1, now, item.Plan{Step: 2, At: now.Add(48 * time.Hour)}},
			"all sent":     {activities.PlanFor{}, 4, now, over},
			"withdrawn":    {activities.PlanFor{Cause: item.ConsentRevoked}, 1, now, over},
			"wanted":       {activities.PlanFor{SendNow: true}, 4, now, item.Plan{Step: 5, At: now, Why: "a person wants it now"}},
			"asks each time": {
				activities.PlanFor{UserPresent: true},
				0,
				time.Time{},
				item.Plan{Exhausted: true, Why: "the bank wants the merchant at every update: reminders would never end"},
			},
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
			r := activities.NewRecords(fakeStore{mails: func(id item.ID, incident int, kind item.MailKind) (mailing.History, error) {
				require.Equal(t, itemID, id)
				require.Equal(t, 3, incident)
				return mailing.History{TimeZone: "UTC", Used: c.used, LastUsed: c.last}, nil
			}}, permissive())
			c.in.ItemID, c.in.Incident, c.in.BrokenSince = itemID, 3, since
			got, _, err := perform[activities.Planned](t, r, r.PlanReminder, c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Plan, name)
			require.Equal(t, c.used, got.Used)
			require.Equal(t, policy.Policy(permissive()).Version(), got.Policy)
		}
	})
}

func TestPlanReminder_suppressedAddressEndsTheLadderThoughAMailIsWanted(t *testing.T) {
	t.Parallel()
	r := activities.NewRecords(fakeStore{mails: func(item.ID, int, item.MailKind) (mailing.History, error) {
		return mailing.History{TimeZone: "UTC", Used: 1, Suppressed: mailing.Unsubscribed}, nil
	}}, permissive())
	for _, wanted := range []bool{false, true} {
		got, _, err := perform[activities.Planned](t, r, r.PlanReminder, activities.PlanFor{
			ItemID: itemID, Incident: 3, BrokenSince: broken, SendNow: wanted,
		})
		require.NoError(t, err)
		require.Equal(t, item.Plan{Exhausted: true, Suppressed: true, Why: mailing.Unsubscribed.Sentence()}, got.Plan)
		require.Equal(t, 1, got.Used)
	}
}

func TestLoadItem_returnsTheStoredItem(t *testing.T) {
	t.Parallel()
	ref := item.Ref{
		ID: itemID, Environment: "sandbox", MerchantID: "m_1", BusinessName: "Blue Bottle",
		InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso_7",
	}
	life := item.Life{State: item.LoginRequired, Cause: item.MFA, Incident: 3, BrokenSince: broken, Reminders: 1, LinkAttempts: 2}
	r := activities.NewRecords(fakeStore{load: func(id item.ID) (item.Ref, item.Life, error) {
		require.Equal(t, itemID, id)
		return ref, life, nil
	}}, permissive())
	got, _, err := perform[activities.StoredItem](t, r, r.LoadItem, itemID)
	require.NoError(t, err)
	require.Equal(t, activities.StoredItem{Item: ref, Life: life}, got)
}

func TestRecordTransitions_passesThemOnInOrder(t *testing.T) {
	t.Parallel()
	transitions := []item.Transition{
		{
			Incident: 3, Step: item.Opened, From: item.Connected, To: item.LoginRequired, Cause: item.Credentials, At: broken,
			PlaidSays: "ITEM_LOGIN_REQUIRED", InboxIDs: []int64{17, 18},
		},
		{
			Incident: 3, Step: item.Changed, Change: 1, From: item.LoginRequired, To: item.Revoked, Cause: item.ConsentRevoked,
			At: broken.Add(time.Hour),
		},
	}
	recorded := 0
	r := activities.NewRecords(fakeStore{record: func(id item.ID, got []item.Transition) error {
		require.Equal(t, itemID, id)
		require.Equal(t, transitions, got)
		recorded++
		return nil
	}}, permissive())
	_, _, err := perform[any](t, r, r.RecordTransitions, activities.Record{ItemID: itemID, Transitions: transitions})
	require.NoError(t, err)
	require.Equal(t, 1, recorded)
}

func TestRecords_errorsBecomeRetryDecisions(t *testing.T) {
	t.Parallel()
	for want, err := range map[decision]error{
		{Type: "UnknownItem", Final: true}: fmt.Errorf("load item: %w", item.ErrUnknown),
		{Type: "TryAgain"}:                 errors.New("connection refused"),
	} {
		r := activities.NewRecords(fakeStore{
			load:   func(item.ID) (item.Ref, item.Life, error) { return item.Ref{}, item.Life{}, err },
			record: func(item.ID, []item.Transition) error { return err },
			mails:  func(item.ID, int, item.MailKind) (mailing.History, error) { return mailing.History{}, err },
		}, permissive())
		_, _, got := perform[activities.StoredItem](t, r, r.LoadItem, itemID)
		require.Equal(t, want, decisionOf(t, got))
		_, _, got = perform[any](t, r, r.RecordTransitions, activities.Record{ItemID: itemID})
		require.Equal(t, want, decisionOf(t, got))
		_, _, got = perform[activities.Planned](t, r, r.PlanReminder, activities.PlanFor{ItemID: itemID})
		require.Equal(t, want, decisionOf(t, got))
	}
}
