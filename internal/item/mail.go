package item

import "fmt"

// LetterKind is what a mail is about.
type LetterKind string

const (
	Reminder    LetterKind = "reminder"    // the Item is broken
	Expires     LetterKind = "expiring"    // the Item still works and is going to end
	Reconnected LetterKind = "reconnected" // thanks after a repair
)

// LetterKinds returns all kinds of mails.
func LetterKinds() []LetterKind { return []LetterKind{Reminder, Expires, Reconnected} }

// Reminds reports whether the mail asks the merchant to do something.
func (k LetterKind) Reminds() bool { return k == Reminder || k == Expires }

// Letter names one mail of an incident. Reminder letters have a step, counted from 1.
type Letter struct {
	Kind     LetterKind `json:"kind,omitempty"`
	Incident int        `json:"incident,omitempty"`
	Step     int        `json:"step,omitempty"`
	// Asked is set when somebody wants the mail now: quiet hours and the gap between mails do not hold it.
	Asked bool `json:"asked,omitempty"`
}

// Slot returns the key under which the mail is claimed for its merchant. A slot is claimed and sent once.
func (l Letter) Slot(id ID) string {
	if l.Kind.Reminds() {
		return fmt.Sprintf("%s/%d/%s-%d", id, l.Incident, l.Kind, l.Step)
	}
	return fmt.Sprintf("%s/%d/%s", id, l.Incident, l.Kind)
}

// Wants reports whether a mail under way is still wanted. Healing or an open Link makes it unwanted.
func (l Life) Wants(letter Letter) bool {
	switch letter.Kind {
	case Reminder, Expires:
		return letter.Kind == l.Reminds() && l.Incident == letter.Incident && l.LinkOpenUntil.IsZero() && (letter.Asked || !l.Paused)
	case Reconnected:
		return l.State == Connected && l.Incident == letter.Incident
	}
	return false
}

// Reminds returns the kind of reminder that the state calls for; "" when it calls for none.
func (l Life) Reminds() LetterKind { return l.State.MailKind() }
