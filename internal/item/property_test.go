package item_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/policy"
)

// bank is Plaid's side of a life: what it would answer at any moment.
type bank struct {
	code, reason      string
	consent, relinked time.Time
}

func (b bank) truth() item.Truth {
	return item.Truth{ErrorCode: b.code, ErrorReason: b.reason, ConsentExpiresAt: b.consent, RelinkedAt: b.relinked, Gone: b.code == "ITEM_NOT_FOUND"}
}

// live drives a life the way the workflow does, until it waits, and returns what was mailed meanwhile.
func live(l item.Life, b bank, now time.Time, sent map[item.Letter]int) (item.Life, []item.Letter) {
	var mailed []item.Letter
	for range 100 {
		switch next := rules.Next(l, now); next.Do {
		case item.Record:
			l = fold(l, item.Recorded{Count: len(l.Unrecorded)})
		case item.Ask:
			l = fold(l, item.AskStarted{}, item.Answered{Truth: b.truth(), At: now})
		case item.MakePlan:
			ladder := policy.Default().For(l.Cause, "", "")
			ladder.SecondLook, ladder.Gap, ladder.Quiet = 0, 0, policy.Quiet{}
			ends := time.Time{}
			if l.State == item.Expiring {
				ends = l.Ending.At
			}
			plan := ladder.Next(policy.Situation{BrokenSince: l.BrokenSince, EndsAt: ends, Used: sent[ladderOf(l)], LastUsed: now, Zone: time.UTC, Now: now})
			l = fold(l, item.Planned{Incident: l.Incident, Sent: sent[ladderOf(l)], Kind: l.Reminds(), Plan: plan, At: now})
		case item.Send:
			mailed = append(mailed, next.Letter)
			sent[item.Letter{Kind: next.Letter.Kind, Incident: next.Letter.Incident}]++
			l = fold(l, item.MailStarted{Letter: next.Letter}, item.MailEnded{Letter: next.Letter, Outcome: item.MailSent})
		case item.Escalate:
			l = fold(l, item.EscalationDue{At: now})
		case item.Remove:
			l = fold(l, item.RemovedAtPlaid{At: now})
		default:
			return l, mailed
		}
	}
	panic("a life that never waits")
}

// ladderOf names the ladder that a life is on, as Postgres counts its mails.
func ladderOf(l item.Life) item.Letter { return item.Letter{Kind: l.Reminds(), Incident: l.Incident} }

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
				l, _ := live(fold(start, order...), bank{code: code}, noon, map[item.Letter]int{})
				require.Equal(t, want, l.State)
				require.LessOrEqual(t, l.Incident, 1, "one break is one incident")
			}
		}
	}
}
