package item

import "fmt"

// MailKind is what a mail is about.
type MailKind string

const (
	Reminder    MailKind = "reminder"    // the Item is broken
	Expires     MailKind = "expiring"    // the Item still works and is going to end
	Reconnected MailKind = "reconnected" // thanks after a repair
)

// MailKinds returns all kinds of mails.
func MailKinds() []MailKind { return []MailKind{Reminder, Expires, Reconnected} }

// Reminds reports whether the mail asks the merchant to do something.
func (k MailKind) Reminds() bool { return k == Reminder || k == Expires }

// MailRef names one mail of an incident. Mails that remind have a step, counted from 1.
type MailRef struct {
	Kind     MailKind `json:"kind,omitempty"`
	Incident int      `json:"incident,omitempty"`
	Step     int      `json:"step,omitempty"`
	// SendNow is set when somebody wants the mail now: quiet hours and the gap between mails do not hold it.
	SendNow bool `json:"asked,omitempty"`
}

// DedupKey returns the mail's slot: the key under which it is claimed. A slot is claimed and sent once.
func (m MailRef) DedupKey(id ID) string {
	if m.Kind.Reminds() {
		return fmt.Sprintf("%s/%d/%s-%d", id, m.Incident, m.Kind, m.Step)
	}
	return fmt.Sprintf("%s/%d/%s", id, m.Incident, m.Kind)
}

// Wants reports whether a mail under way is still wanted. Healing or an open Link makes it unwanted.
func (l Life) Wants(m MailRef) bool {
	switch m.Kind {
	case Reminder, Expires:
		return m.Kind == l.MailKind() && l.Incident == m.Incident && l.LinkOpenUntil.IsZero() && (m.SendNow || !l.Paused)
	case Reconnected:
		return l.State == Connected && l.Incident == m.Incident
	}
	return false
}

// MailKind returns the kind of reminder that the state calls for; "" when it calls for none.
func (l Life) MailKind() MailKind { return l.State.MailKind() }
