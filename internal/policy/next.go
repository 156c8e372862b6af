package policy

import (
	"fmt"
	"time"

	"relink/internal/item"
)

// Situation is what the plan for an incident's next mail depends on.
type Situation struct {
	BrokenSince time.Time
	// EndsAt is when an expiring Item ends. It is zero for any other Item.
	EndsAt time.Time
	// Used is the number of reminders of this incident so far. LastUsed is the time of the last one.
	Used     int
	LastUsed time.Time
	// LastMail is the time of the merchant's last mail that counts for the gap, whatever its subject.
	LastMail time.Time
	Zone     *time.Location
	Now      time.Time
}

// Next plans the next reminder, or the call for a person when no reminder is left. A reminder that is late because
// mails were held is due now, but it keeps the distance that the steps have to the one before. It is gate 1 of 4 of a
// reminder (docs/architecture.md): it decides when one is due.
func (r Rules) Next(s Situation) item.Plan {
	if !s.EndsAt.IsZero() {
		return r.beforeEnd(s)
	}
	if s.Used >= len(r.Steps) {
		return item.Plan{Exhausted: true, At: latest(s.BrokenSince, s.LastUsed).Add(r.EscalateAfter), Why: "the ladder is over"}
	}
	p := item.Plan{Step: s.Used + 1, At: s.BrokenSince.Add(r.Steps[s.Used])}
	if s.Used > 0 {
		p.At = latest(p.At, s.LastUsed.Add(r.Steps[s.Used]-r.Steps[s.Used-1]))
	} else if looked := s.BrokenSince.Add(r.SecondLook); looked.After(p.At) {
		p.At, p.Why = looked, "a second look first"
	}
	return r.postpone(p, s)
}

// beforeEnd plans the next step before the end. It skips all overdue steps but the last one, so an end that becomes
// known late causes one mail, at once.
func (r Rules) beforeEnd(s Situation) item.Plan {
	next := -1
	for i, before := range r.Before {
		at := s.EndsAt.Add(-before)
		switch {
		case s.Used > 0 && !at.After(s.LastUsed): // mailed already
		case next < 0 || !at.After(s.Now):
			next = i
		}
	}
	over := item.Plan{Exhausted: true, At: s.EndsAt, Why: "it ends then"}
	if next < 0 {
		return over
	}
	p := r.postpone(item.Plan{Step: s.Used + 1, At: latest(s.BrokenSince, s.EndsAt.Add(-r.Before[next]))}, s)
	if !p.At.Before(s.EndsAt) {
		return over
	}
	return p
}

// postpone moves a plan out of the gap, of quiet hours and of days without mails. Why names what moved it last.
func (r Rules) postpone(p item.Plan, s Situation) item.Plan {
	if free := s.LastMail.Add(r.Gap); !s.LastMail.IsZero() && free.After(p.At) {
		p.At, p.Why = free, fmt.Sprintf("%s after the mail before", spell(r.Gap))
	}
	p.At = latest(p.At, s.Now)
	if open, why := r.Open(p.At, s.Zone); open.After(p.At) {
		p.At, p.Why = open, why
	}
	return p
}

// Open returns the first time from t on at which mails may go out. why names what forbids them at t, if anything.
func (r Rules) Open(t time.Time, zone *time.Location) (open time.Time, why string) {
	if r.Weekdays == (Weekdays{}) { // Parse refuses this; waiting for no day at all would never end
		return t, ""
	}
	for range 16 { // a week has at most seven closed days, each with quiet hours
		local := t.In(zone)
		switch {
		case !r.Weekdays[local.Weekday()]:
			t, why = onDay(local, 1, 0), local.Weekday().String()+" is no day for mails"
		case r.Quiet.contains(local):
			ahead := 0
			if minuteOf(local) >= r.Quiet.To {
				ahead = 1
			}
			t, why = onDay(local, ahead, r.Quiet.To), "quiet hours"
		default:
			return t, why
		}
	}
	return t, why
}

func (q Quiet) contains(local time.Time) bool {
	m := minuteOf(local)
	if q.From <= q.To {
		return q.From <= m && m < q.To
	}
	return m >= q.From || m < q.To
}

func minuteOf(local time.Time) int { return local.Hour()*60 + local.Minute() }

// onDay returns a minute of the day that is ahead days after local. If the clocks skip that minute in spring, it
// returns the first minute after the gap.
func onDay(local time.Time, ahead, minute int) time.Time {
	y, m, d := local.Date()
	t := time.Date(y, m, d+ahead, 0, minute, 0, 0, local.Location())
	for t.Day() == time.Date(y, m, d+ahead, 12, 0, 0, 0, local.Location()).Day() && minuteOf(t) < minute {
		t = t.Add(time.Hour) // time.Date may return the hour before the gap
	}
	if !t.After(local) {
		t = t.Add(time.Hour) // the hour that autumn repeats
	}
	return t
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
