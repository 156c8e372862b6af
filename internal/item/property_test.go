package item_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"relink/internal/item"
	"relink/internal/policy"
)

// bank is Plaid's side of a life: what it would answer at any moment.
type bank struct{ code string }

// live drives a life the way the workflow does, until it waits, and returns what was mailed meanwhile.
func live(l item.Life, b bank, now time.Time) (item.Life, []item.Letter) {
	var mailed []item.Letter
	for range 100 {
		switch next := l.Next(now); next.Do {
		case item.Record:
			l = fold(l, item.Recorded{Count: len(l.Unrecorded)})
		case item.Ask:
			l = fold(l, item.AskStarted{}, answered(now, b.code))
		case item.MakePlan:
			rules := policy.Default().For(l.Cause, "", "")
			rules.SecondLook, rules.Gap, rules.Quiet = 0, 0, policy.Quiet{}
			plan := rules.Next(policy.Situation{BrokenSince: l.BrokenSince, EndsAt: l.Ending.At, Used: l.Reminders, LastUsed: now, Zone: time.UTC, Now: now})
			l = fold(l, item.Planned{Incident: l.Incident, Sent: l.Reminders, Plan: plan, At: now})
		case item.Send:
			mailed = append(mailed, next.Letter)
			l = fold(l, item.MailStarted{Letter: next.Letter}, item.MailEnded{Letter: next.Letter, Outcome: item.MailSent})
		default:
			return l, mailed
		}
	}
	panic("a life that never waits")
}

func permutations(events []item.Event) [][]item.Event {
	if len(events) <= 1 {
		return [][]item.Event{events}
	}
	var all [][]item.Event
	for i := range events {
		rest := slices.Concat(events[:i:i], events[i+1:])
		for _, p := range permutations(rest) {
			all = append(all, append([]item.Event{events[i]}, p...))
		}
	}
	return all
}

func TestAnyOrderOfHintsEndsInPlaidsState(t *testing.T) {
	t.Parallel()
	hints := []item.Event{
		webhook(1), webhook(1), webhook(2),
		item.Hinted{Hint: item.Hint{Source: item.FromWebhook, Code: "ITEM/LOGIN_REPAIRED", InboxIDs: []int64{3}}},
		portal(item.LinkOpened, 4, noon.Add(30*time.Minute)),
		portal(item.LinkFinished, 5, time.Time{}),
	}
	for _, code := range []string{"", "ITEM_LOGIN_REQUIRED"} {
		want, _, _ := item.Truth{ErrorCode: code}.Verdict()
		for _, start := range []item.Life{connected(), broken(noon)} {
			for _, order := range permutations(hints) {
				l, _ := live(fold(start, order...), bank{code}, noon)
				require.Equal(t, want, l.State)
				require.LessOrEqual(t, l.Incident, 1, "one break is one incident")
			}
		}
	}
}

// TestAnyLifeKeepsItsPromises generates lives: the bank breaks and heals, hints arrive late, twice or never, time passes.
func TestAnyLifeKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, b, now := connected(), bank{}, noon
		slots := map[string]bool{}
		var id int64
		for range rapid.IntRange(1, 40).Draw(t, "length") {
			now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
			b.code = rapid.SampledFrom([]string{b.code, "", "ITEM_LOGIN_REQUIRED", "NO_ACCOUNTS", "INSTITUTION_DOWN"}).Draw(t, "bank")
			before := l
			id++
			switch rapid.IntRange(0, 5).Draw(t, "news") {
			case 0, 1:
				l = fold(l, webhook(id))
			case 2:
				l = fold(l, portal(item.LinkOpened, id, now.Add(30*time.Minute)))
			case 3:
				l = fold(l, portal(item.LinkFinished, id, time.Time{}))
			case 4:
				l = fold(l, webhook(id-1))
			}
			require.Equal(t, before.State, l.State, "news alone set a state")
			var mailed []item.Letter
			l, mailed = live(l, b, now)
			for _, letter := range mailed {
				if letter.Kind == item.Reminder {
					require.NotEmpty(t, b.code, "a reminder went to a merchant whose Item is healthy")
				}
				require.False(t, slots[letter.Slot("itm")], "slot %s mailed twice", letter.Slot("itm"))
				slots[letter.Slot("itm")] = true
			}
			if next := l.Next(now); next.Do == item.Wait {
				require.True(t, next.Until.IsZero() || next.Until.After(now), "it waits for what is over, %s, at %s", next.Until, now)
			}
			require.Equal(t, l.State == item.Connected, l.BrokenSince.IsZero())
			require.GreaterOrEqual(t, l.Incident, before.Incident)
		}
		l, _ = live(fold(l, webhook(id)), b, now)
		if want, _, decided := (item.Truth{ErrorCode: b.code}).Verdict(); decided {
			require.Equal(t, want, l.State, "a recheck ends in Plaid's state")
		}
	})
}
