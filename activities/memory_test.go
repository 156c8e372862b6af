package activities_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
)

var (
	broken = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	ladder = item.Ladder{0, 48 * time.Hour}
)

func TestAPlanFollowsFromWhatWasReallySent(t *testing.T) {
	t.Parallel()
	late := broken.Add(30 * time.Hour)
	cases := map[string]struct {
		state item.State
		used  int
		last  time.Time
		want  item.Plan
	}{
		"nothing sent":            {item.LoginRequired, 0, time.Time{}, item.Plan{Step: 1, At: broken}},
		"one sent at once":        {item.LoginRequired, 1, broken, item.Plan{Step: 2, At: broken.Add(48 * time.Hour)}},
		"one sent late":           {item.LoginRequired, 1, late, item.Plan{Step: 2, At: late.Add(48 * time.Hour)}},
		"all sent":                {item.LoginRequired, 2, late, item.Plan{Exhausted: true}},
		"revoked, nothing sent":   {item.Revoked, 0, time.Time{}, item.Plan{Step: 1, At: broken}},
		"revoked, its one is out": {item.Revoked, 1, broken, item.Plan{Exhausted: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := activities.NewMemory(remember{reminders: func(id item.ID, incident int) (int, time.Time, error) {
				require.Equal(t, itemID, id)
				require.Equal(t, 3, incident)
				return c.used, c.last, nil
			}}, ladder)
			in := activities.PlanFor{ItemID: itemID, Incident: 3, State: c.state, BrokenSince: broken}
			got, _, err := perform[activities.Planned](t, m, m.PlanReminder, in)
			require.NoError(t, err)
			require.Equal(t, activities.Planned{Plan: c.want, Used: c.used}, got)
		})
	}
}

func TestLoadItemAnswersWhatIsRemembered(t *testing.T) {
	t.Parallel()
	card := item.Card{ID: itemID, Environment: "sandbox", MerchantID: "m_1", BusinessName: "Blue Bottle", InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso_7"}
	life := item.Life{State: item.LoginRequired, Cause: item.MFA, Incident: 3, BrokenSince: broken, Reminders: 1, LinkAttempts: 2}
	m := activities.NewMemory(remember{load: func(id item.ID) (item.Card, item.Life, error) {
		require.Equal(t, itemID, id)
		return card, life, nil
	}}, ladder)
	got, _, err := perform[activities.Remembered](t, m, m.LoadItem, itemID)
	require.NoError(t, err)
	require.Equal(t, activities.Remembered{Card: card, Life: life}, got)
}

func TestRecordTransitionsPassesThemOnInOrder(t *testing.T) {
	t.Parallel()
	transitions := []item.Transition{
		{Incident: 3, Step: item.Opened, From: item.Connected, To: item.LoginRequired, Cause: item.Credentials, At: broken, PlaidSays: "ITEM_LOGIN_REQUIRED", InboxIDs: []int64{17, 18}},
		{Incident: 3, Step: item.Changed, Change: 1, From: item.LoginRequired, To: item.Revoked, Cause: item.ConsentRevoked, At: broken.Add(time.Hour)},
	}
	recorded := 0
	m := activities.NewMemory(remember{record: func(id item.ID, got []item.Transition) error {
		require.Equal(t, itemID, id)
		require.Equal(t, transitions, got)
		recorded++
		return nil
	}}, ladder)
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
		m := activities.NewMemory(remember{
			load:      func(item.ID) (item.Card, item.Life, error) { return item.Card{}, item.Life{}, err },
			record:    func(item.ID, []item.Transition) error { return err },
			reminders: func(item.ID, int) (int, time.Time, error) { return 0, time.Time{}, err },
		}, ladder)
		_, _, got := perform[activities.Remembered](t, m, m.LoadItem, itemID)
		require.Equal(t, want, decisionOf(t, got))
		_, _, got = perform[any](t, m, m.RecordTransitions, activities.Record{ItemID: itemID})
		require.Equal(t, want, decisionOf(t, got))
		_, _, got = perform[activities.Planned](t, m, m.PlanReminder, activities.PlanFor{ItemID: itemID})
		require.Equal(t, want, decisionOf(t, got))
	}
}
