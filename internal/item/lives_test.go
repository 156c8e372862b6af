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

// everywhere is every state with every cause that the rules can bring it to.
func everywhere() []string {
	all := []string{"connected/", "expiring/consent_expiring", "expiring/institution_migration", "removed/gone"}
	for _, code := range item.ErrorCodes() {
		for _, reason := range []string{"", "OAUTH_CONSENT_EXPIRED", "OAUTH_USER_REVOKED"} {
			if m, _ := item.MeaningOf(code, reason); m.State.Broken() {
				all = append(all, fmt.Sprintf("%s/%s", m.State, m.Cause))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestAnyLifeKeepsItsPromises generates lives: the bank breaks and heals, consents end and move, hints arrive late, twice or
// never, persons give orders, mails are held, time passes.
func TestAnyLifeKeepsItsPromises(t *testing.T) {
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

func liveOnce(t *rapid.T, seen map[string]bool) {
	codes := append(item.ErrorCodes(), "", "", "", "ITEM_LOGIN_REQUIRED", "ITEM_LOGIN_REQUIRED", "ITEM_LOGIN_REQUIRED", "A_CODE_OF_TOMORROW")
	l, b, now := connected(), bank{}, noon
	slots, sent := map[string]bool{}, map[item.Letter]int{}
	var id int64
	for range rapid.IntRange(1, 40).Draw(t, "length") {
		now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
		if rapid.IntRange(0, 3).Draw(t, "bank moves") == 0 {
			now = now.Add(2 * time.Minute) // an answer is good for one: nobody could know
			b.code = rapid.SampledFrom(codes).Draw(t, "code")
			b.reason = rapid.SampledFrom([]string{"", "OAUTH_INVALID_TOKEN", "OAUTH_CONSENT_EXPIRED", "OAUTH_USER_REVOKED"}).Draw(t, "reason")
		}
		if rapid.IntRange(0, 9).Draw(t, "consent moves") == 0 {
			b.consent = now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "days")) * day)
		}
		before := l
		id++
		l = fold(l, news(t, id, now, &b)...)
		require.Equal(t, before.State, l.State, "news alone set a state")
		var mailed []item.Letter
		l, mailed = live(l, b, now, sent)
		seen[place(l)] = true
		keepsPromises(t, before, l, b, mailed, slots, now)
		if l.State == item.Expiring {
			require.True(t, l.Ending.At.After(l.SettledEnd), "an end was opened that was settled")
		}
		if l.State == item.Removed {
			return
		}
	}
	l, _ = live(fold(l, webhook(id)), b, now, sent)
	want, _, decided := b.truth().Verdict()
	if decided && l.State != item.Expiring {
		require.Equal(t, want, l.State, "a recheck ends in Plaid's state")
	}
	if decided && l.State == item.Expiring {
		require.Equal(t, item.Connected, want, "only an Item that Plaid calls healthy expires")
		require.True(t, l.Ending.At.After(now))
	}
}

// news is what may happen between two moments of a life.
func news(t *rapid.T, id int64, now time.Time, b *bank) []item.Event {
	switch rapid.IntRange(0, 11).Draw(t, "news") {
	case 0, 1:
		return []item.Event{webhook(id)}
	case 2:
		return []item.Event{portal(item.LinkOpened, id, now.Add(30*time.Minute))}
	case 3:
		return []item.Event{portal(item.LinkFinished, id, time.Time{})}
	case 4:
		b.relinked = now // whatever the browser said
		return []item.Event{portal(item.LinkFinished, id, time.Time{})}
	case 5:
		return []item.Event{webhook(id - 1)}
	case 6, 7:
		h := announced(now.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "ends in days"))*day), now)
		h.Hint.Reason = rapid.SampledFrom([]string{"", "INSTITUTION_MIGRATION", "INSTITUTION_TOKEN_EXPIRATION"}).Draw(t, "why")
		return []item.Event{h}
	case 8:
		act := rapid.SampledFrom(item.Acts()[:7]).Draw(t, "act")
		return []item.Event{item.Operated{Order: item.Order{Do: act, Until: now.Add(3 * day)}, At: now}}
	}
	return nil
}

// keepsPromises is what must hold at each moment of every life.
func keepsPromises(t *rapid.T, before, l item.Life, b bank, mailed []item.Letter, slots map[string]bool, now time.Time) {
	for _, letter := range mailed {
		if letter.Kind == item.Reminder {
			require.NotEmpty(t, b.code, "a reminder went to a merchant whose Item is healthy")
		}
		if letter.Kind.Reminds() {
			require.True(t, letter.Asked || !l.Paused, "a reminder went out though a person paused")
			m, _ := item.MeaningOf(b.code, b.reason)
			require.NotEqual(t, item.ByOurselves, m.Remedy, "a merchant was mailed for our own fault")
		}
		require.False(t, slots[letter.Slot("itm")], "slot %s mailed twice", letter.Slot("itm"))
		slots[letter.Slot("itm")] = true
	}
	if next := rules.Next(l, now); next.Do == item.Wait {
		require.True(t, next.Until.IsZero() || next.Until.After(now), "it waits for what is over, %s, at %s", next.Until, now)
	}
	require.Equal(t, l.State == item.Connected || l.State == item.Removed, l.BrokenSince.IsZero())
	require.GreaterOrEqual(t, l.Incident, before.Incident)
	if l.State == item.Expiring {
		require.False(t, l.Ending.At.IsZero())
	}
}
