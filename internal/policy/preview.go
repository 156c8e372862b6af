package policy

import (
	"time"

	"relink/internal/item"
)

// Outgoing is one line of a preview.
type Outgoing struct {
	At   time.Time `json:"at"`
	Step int       `json:"step,omitempty"` // 0 for the escalation
	What string    `json:"what"`           // reminder or escalation
	Why  string    `json:"why,omitempty"`
}

// Preview returns each reminder and then the call for a person, for an incident that is never repaired. It assumes that
// every mail is on time and that the merchant gets no other mail.
func (r Rules) Preview(brokenSince, endsAt time.Time, zone *time.Location) []Outgoing {
	s := Situation{BrokenSince: brokenSince, EndsAt: endsAt, Zone: zone, Now: brokenSince}
	var out []Outgoing
	for {
		p := r.Next(s)
		if p.Exhausted {
			return append(out, Outgoing{At: p.At, What: "escalation", Why: p.Why})
		}
		out = append(out, Outgoing{At: p.At, Step: p.Step, What: string(item.Reminder), Why: p.Why})
		s.Used++
		s.LastUsed, s.LastMail, s.Now = p.At, p.At, p.At
	}
}
