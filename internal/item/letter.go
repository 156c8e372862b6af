package item

import (
	"fmt"
	"time"
)

// LetterKind is what a mail is for.
type LetterKind string

const (
	Reminder    LetterKind = "reminder"
	Reconnected LetterKind = "reconnected"
)

// Letter names one mail of an incident. Reminder letters have a step, counted from 1.
type Letter struct {
	Kind     LetterKind `json:"kind,omitempty"`
	Incident int        `json:"incident,omitempty"`
	Step     int        `json:"step,omitempty"`
}

// Slot is the key under which the mail is claimed for its merchant: whoever claims a slot first sends, and only once.
func (l Letter) Slot(id ID) string {
	if l.Kind == Reminder {
		return fmt.Sprintf("%s/%d/%s-%d", id, l.Incident, l.Kind, l.Step)
	}
	return fmt.Sprintf("%s/%d/%s", id, l.Incident, l.Kind)
}

// Wants reports whether a mail under way is still right: healing or an open Link makes it wrong.
func (l Life) Wants(letter Letter) bool {
	switch letter.Kind {
	case Reminder:
		return l.State.NeedsMerchant() && l.Incident == letter.Incident && l.LinkOpenUntil.IsZero()
	case Reconnected:
		return l.State == Connected && l.Incident == letter.Incident
	}
	return false
}

// Ladder is the policy of reminders: how long after the break each one goes out.
type Ladder []time.Duration

// DefaultLadder is at once, +2 d, +5 d, +9 d, then a person.
func DefaultLadder() Ladder {
	const day = 24 * time.Hour
	return Ladder{0, 2 * day, 5 * day, 9 * day}
}

// Next plans the reminder after the sent ones. A step whose time passed while mails were paused is due at once, but
// never sooner after the mail before it than the ladder's own distance between the two.
func (l Ladder) Next(state State, brokenSince time.Time, sent int, lastSent time.Time) Plan {
	steps := len(l)
	if state == Revoked {
		steps = min(steps, 1)
	}
	if sent >= steps {
		return Plan{Exhausted: true}
	}
	at := brokenSince.Add(l[sent])
	if sent > 0 {
		if earliest := lastSent.Add(l[sent] - l[sent-1]); earliest.After(at) {
			at = earliest
		}
	}
	return Plan{Step: sent + 1, At: at}
}
