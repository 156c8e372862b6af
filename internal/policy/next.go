package policy

import (
	"fmt"
	"time"

	"relink/internal/item"
)

// Situation is an incident as its next mail is planned.
type Situation struct {
	BrokenSince time.Time
	// EndsAt is when an Item that expires ends; zero for any other.
	EndsAt time.Time
	// Used counts the reminders of this incident that are over; LastUsed is when the last of them was.
	Used     int
	LastUsed time.Time
	// LastMail is when the merchant last got a mail that the gap counts from, about whatever.
	LastMail time.Time
	Zone     *time.Location
	Now      time.Time
}

// Next plans the next reminder, or, once they are used up, when a person is called. A reminder whose time passed while
// mails were held is due now, but never sooner after the one before it than the steps' own distance.
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
	return r.hold(p, s)
}

// beforeEnd plans the next step before the end. Of several steps whose time has passed only the last is left, so that
// an end which is seen late is told of once, and at once.
func (r Rules) beforeEnd(s Situation) item.Plan {
	next := -1
	for i, before := range r.Before {
		at := s.EndsAt.Add(-before)
		switch {
		case s.Used > 0 && !at.After(s.LastUsed): // told already
		case next < 0 || !at.After(s.Now):
			next = i
		}
	}
	over := item.Plan{Exhausted: true, At: s.EndsAt, Why: "it ends then"}
	if next < 0 {
		return over
	}
	p := r.hold(item.Plan{Step: s.Used + 1, At: latest(s.BrokenSince, s.EndsAt.Add(-r.Before[next]))}, s)
	if !p.At.Before(s.EndsAt) {
		return over
	}
	return p
}

// hold moves a planned time behind the gap, and out of quiet hours and days; Why says what moved it last.
func (r Rules) hold(p item.Plan, s Situation) item.Plan {
	if free := s.LastMail.Add(r.Gap); !s.LastMail.IsZero() && free.After(p.At) {
		p.At, p.Why = free, fmt.Sprintf("%s after the mail before", spell(r.Gap))
	}
	p.At = latest(p.At, s.Now)
	if open, why := r.Open(p.At, s.Zone); open.After(p.At) {
		p.At, p.Why = open, why
	}
	return p
}

// Open answers the first moment from t on at which mails may go out, and what closes t.
func (r Rules) Open(t time.Time, zone *time.Location) (time.Time, string) {
	if r.Weekdays == (Weekdays{}) { // refused by Parse; never wait for a day that never comes
		return t, ""
	}
	why := ""
	for range 16 { // a week has at most seven closed days, each with quiet hours
		local := t.In(zone)
		switch {
		case !r.Weekdays[local.Weekday()]:
			t, why = onDay(local, 1, 0), local.Weekday().String()+" is no day for mails"
		case r.Quiet.holds(local):
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

func (q Quiet) holds(local time.Time) bool {
	m := minuteOf(local)
	if q.From <= q.To {
		return q.From <= m && m < q.To
	}
	return m >= q.From || m < q.To
}

func minuteOf(local time.Time) int { return local.Hour()*60 + local.Minute() }

// onDay answers a minute of a day, ahead days on. A minute that the clocks skip in spring becomes the first one after it.
func onDay(local time.Time, ahead, minute int) time.Time {
	y, m, d := local.Date()
	t := time.Date(y, m, d+ahead, 0, minute, 0, 0, local.Location())
	for t.Day() == time.Date(y, m, d+ahead, 12, 0, 0, 0, local.Location()).Day() && minuteOf(t) < minute {
		t = t.Add(time.Hour) // Go may answer the hour before the gap
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
