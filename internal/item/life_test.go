package item_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"relink/internal/item"
	"relink/internal/policy"
)

// reached counts the lives that were in a state for a cause.
type reached struct {
	mu    sync.Mutex
	lives map[string]int
}

func (r *reached) add(seen map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at := range seen {
		r.lives[at]++
	}
}

func place(l item.Life) string { return fmt.Sprintf("%s/%s", l.State, l.Cause) }

// everywhere returns every state with every cause that it can have by the rules.
func everywhere() []string {
	all := []string{"connected/", "expiring/consent_expiring", "expiring/institution_migration", "removed/gone"}
	for _, code := range item.ErrorCodes() {
		for _, reason := range []string{"", "OAUTH_CONSENT_EXPIRED", "OAUTH_USER_REVOKED"} {
			if m, _ := item.ClassOf(code, reason); m.State.Broken() {
				all = append(all, fmt.Sprintf("%s/%s", m.State, m.Cause))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func liveOnce(t *rapid.T, seen map[string]bool) {
	codes := append(item.ErrorCodes(), "", "", "", "ITEM_LOGIN_REQUIRED", "ITEM_LOGIN_REQUIRED", "ITEM_LOGIN_REQUIRED",
		"A_CODE_OF_TOMORROW")
	l, b, now := connected(), plaidSide{}, noon
	slots, sent := map[string]bool{}, map[item.MailRef]int{}
	var id int64
	for range rapid.IntRange(1, 40).Draw(t, "length") {
		now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
		if rapid.IntRange(0, 3).Draw(t, "bank moves") == 0 {
			now = now.Add(2 * time.Minute) // an answer counts as fresh for a minute, so the rules would not notice a change
			b.code = rapid.SampledFrom(codes).Draw(t, "code")
			reasons := []string{"", "OAUTH_INVALID_TOKEN", "OAUTH_CONSENT_EXPIRED", "OAUTH_USER_REVOKED"}
			b.reason = rapid.SampledFrom(reasons).Draw(t, "reason")
		}
		if rapid.IntRange(0, 9).Draw(t, "consent moves") == 0 {
			b.consent = now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "days")) * day)
		}
		before := l
		id++
		l = fold(l, news(t, id, now, &b)...)
		require.Equal(t, before.State, l.State, "news alone set a state")
		var mailed []item.MailRef
		l, mailed = live(l, b, now, sent)
		seen[place(l)] = true
		keepsPromises(t, before, l, b, mailed, slots, now)
		if l.State == item.Expiring {
			require.True(t, l.Expiry.At.After(l.ClosedExpiry), "an end was opened that was closed before")
		}
		if l.State == item.Removed {
			return
		}
	}
	l, _ = live(fold(l, webhook(id)), b, now, sent)
	want, _, decided := b.status().Classify()
	if decided && l.State != item.Expiring {
		require.Equal(t, want, l.State, "a recheck ends in Plaid's state")
	}
	if decided && l.State == item.Expiring {
		require.Equal(t, item.Connected, want, "only an Item that Plaid calls healthy expires")
		require.True(t, l.Expiry.At.After(now))
	}
}

// news returns events that may happen between two points of a life.
func news(t *rapid.T, id int64, now time.Time, b *plaidSide) []item.Event {
	switch rapid.IntRange(0, 11).Draw(t, "news") {
	case 0, 1:
		return []item.Event{webhook(id)}
	case 2:
		return []item.Event{portal(item.LinkOpened, id, now.Add(30*time.Minute))}
	case 3:
		return []item.Event{portal(item.LinkFinished, id, time.Time{})}
	case 4:
		b.relinked = now // with or without a report of the browser
		return []item.Event{portal(item.LinkFinished, id, time.Time{})}
	case 5:
		return []item.Event{webhook(id - 1)}
	case 6, 7:
		h := announced(now.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "ends in days"))*day), now)
		h.Hint.Reason = rapid.SampledFrom([]string{"", "INSTITUTION_MIGRATION", "INSTITUTION_TOKEN_EXPIRATION"}).Draw(t, "why")
		return []item.Event{h}
	case 8:
		command := rapid.SampledFrom(item.Commands()[:7]).Draw(t, "command")
		return []item.Event{item.CommandIssued{Command: item.OperatorCommand{Do: command, Until: now.Add(3 * day)}, At: now}}
	}
	return nil
}

// keepsPromises checks what must hold at each point of every life.
func keepsPromises(t *rapid.T, before, l item.Life, b plaidSide, mailed []item.MailRef, slots map[string]bool, now time.Time) {
	for _, mail := range mailed {
		if mail.Kind == item.Reminder {
			require.NotEmpty(t, b.code, "a reminder went to a merchant whose Item is healthy")
		}
		if mail.Kind.Reminds() {
			require.True(t, mail.SendNow || !l.Paused, "a reminder went out though a person paused")
			m, _ := item.ClassOf(b.code, b.reason)
			require.NotEqual(t, item.ByOurselves, m.Remedy, "a merchant was mailed for our own fault")
		}
		require.False(t, slots[mail.DedupKey("itm")], "slot %s mailed twice", mail.DedupKey("itm"))
		slots[mail.DedupKey("itm")] = true
	}
	if next := rules.Next(l, now); next.Do == item.Wait {
		require.True(t, next.Until.IsZero() || next.Until.After(now), "it waits for what is over, %s, at %s", next.Until, now)
	}
	require.Equal(t, l.State == item.Connected || l.State == item.Removed, l.BrokenSince.IsZero())
	require.GreaterOrEqual(t, l.Incident, before.Incident)
	if l.State == item.Expiring {
		require.False(t, l.Expiry.At.IsZero())
	}
}

// plaidSide is Plaid's side of a life: what Plaid would answer now.
type plaidSide struct {
	code, reason      string
	consent, relinked time.Time
}

func (b plaidSide) status() item.PlaidStatus {
	return item.PlaidStatus{
		ErrorCode: b.code, ErrorReason: b.reason, ConsentExpiresAt: b.consent, RelinkedAt: b.relinked,
		Gone: b.code == "ITEM_NOT_FOUND",
	}
}

// live drives a life as the workflow does, until it waits. It returns the mails that were sent meanwhile.
func live(l item.Life, b plaidSide, now time.Time, sent map[item.MailRef]int) (item.Life, []item.MailRef) {
	var mailed []item.MailRef
	for range 100 {
		switch next := rules.Next(l, now); next.Do {
		case item.Record:
			l = fold(l, item.Recorded{Count: len(l.Unrecorded)})
		case item.Ask:
			l = fold(l, item.AskStarted{}, item.Answered{Status: b.status(), At: now})
		case item.MakePlan:
			ladder := policy.Default().For(l.Cause, "", "")
			ladder.SecondLook, ladder.Gap, ladder.Quiet = 0, 0, policy.Quiet{}
			ends := time.Time{}
			if l.State == item.Expiring {
				ends = l.Expiry.At
			}
			plan := ladder.Next(policy.Situation{
				BrokenSince: l.BrokenSince, EndsAt: ends, Used: sent[ladderOf(l)], LastUsed: now, Zone: time.UTC, Now: now,
			})
			l = fold(l, item.Planned{Incident: l.Incident, Sent: sent[ladderOf(l)], Kind: l.MailKind(), Plan: plan, At: now})
		case item.Send:
			mailed = append(mailed, next.Mail)
			sent[item.MailRef{Kind: next.Mail.Kind, Incident: next.Mail.Incident}]++
			l = fold(l, item.MailStarted{Mail: next.Mail}, item.MailEnded{Mail: next.Mail, Outcome: item.MailSent})
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

// ladderOf returns the key under which Postgres counts the mails of the ladder that a life is on.
func ladderOf(l item.Life) item.MailRef {
	return item.MailRef{Kind: l.MailKind(), Incident: l.Incident}
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

// TestLife_keepsItsPromisesWhateverHappens generates lives: the bank breaks and heals, consents end and move, hints
// arrive late, twice or never, operators issue commands, mails are held, time passes.
func TestLife_keepsItsPromisesWhateverHappens(t *testing.T) {
	t.Parallel()
	been := reached{lives: map[string]int{}}
	lives := 0
	rapid.Check(t, func(rt *rapid.T) {
		lives++
		seen := map[string]bool{}
		liveOnce(rt, seen)
		been.add(seen)
	})
	require.GreaterOrEqual(t, lives, 100)
	for _, at := range slices.Sorted(maps.Keys(been.lives)) {
		t.Logf("%5d of %d lives were %s", been.lives[at], lives, at)
	}
	for _, at := range everywhere() {
		require.NotZero(t, been.lives[at], "no life was ever %s", at)
	}
}

func TestLife_anyOrderOfHintsEndsInPlaidsState(t *testing.T) {
	t.Parallel()
	hints := []item.Event{
		webhook(1), webhook(1), webhook(2),
		item.Hinted{Hint: item.Hint{Source: item.FromWebhook, Code: "ITEM/LOGIN_REPAIRED", InboxIDs: []int64{3}}},
		portal(item.LinkOpened, 4, noon.Add(30*time.Minute)),
		portal(item.LinkFinished, 5, time.Time{}),
	}
	for _, code := range []string{"", "ITEM_LOGIN_REQUIRED"} {
		want, _, _ := item.PlaidStatus{ErrorCode: code}.Classify()
		for _, start := range []item.Life{connected(), broken(noon)} {
			for _, order := range permutations(hints) {
				l, _ := live(fold(start, order...), plaidSide{code: code}, noon, map[item.MailRef]int{})
				require.Equal(t, want, l.State)
				require.LessOrEqual(t, l.Incident, 1, "one break is one incident")
			}
		}
	}
}
