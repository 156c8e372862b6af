package item

import (
	"slices"
	"time"
)

// Life is all that an Item's workflow knows about the Item. Continue-as-new carries its JSON form, so a new field must
// have the right meaning when it is absent.
type Life struct {
	State State `json:"state"`
	Cause Cause `json:"cause,omitempty"`
	// Incident is the number of the current incident, or of the last one when there is none now.
	Incident int `json:"incident"`
	// BrokenSince is when the current incident opened; zero while connected.
	BrokenSince time.Time `json:"broken_since,omitzero"`
	// Changes counts how often state or cause changed within the incident; it makes each transition's key unique.
	Changes int `json:"changes,omitempty"`

	// NeedsQuery is set when Plaid must be asked now. AskAt is when Plaid must be asked again, zero for no time.
	// AnsweredAt is the time of Plaid's last answer.
	NeedsQuery bool      `json:"ask_owed,omitempty"`
	AskAt      time.Time `json:"ask_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	// PlaidSays is the error code of the last answer, empty when it was healthy.
	PlaidSays string `json:"plaid_says,omitempty"`
	// Contradiction is a claim that Plaid contradicted, and how often Plaid was asked again since.
	Contradiction Contradiction `json:"doubt,omitzero"`
	// Evidence are the inbox rows of the hints that no answer has settled yet, newest last, bounded.
	Evidence []int64 `json:"evidence,omitempty"`

	// Expiry is the end that an Item which still works has ahead; ClosedExpiry is the latest end that evidence has
	// closed.
	Expiry       Expiry    `json:"ending,omitzero"`
	ClosedExpiry time.Time `json:"settled_end,omitzero"`
	// UserPresent is from the last answer: the bank wants the merchant at every update. Relinks are the times at which
	// the merchant repaired the Item, newest last, bounded.
	UserPresent bool        `json:"user_present,omitempty"`
	Relinks     []time.Time `json:"relinks,omitempty"`

	// LinkOpenUntil is the end of the newest link token while Link may be open: mails pause until then.
	LinkOpenUntil time.Time `json:"link_open_until,omitzero"`
	// LinkAttempts counts link tokens minted in this incident; LastLink is the inbox row of the newest one.
	LinkAttempts int   `json:"link_attempts,omitempty"`
	LastLink     int64 `json:"last_link,omitempty"`

	// Reminders counts the mails sent in this incident. Plan is the next one, Sending the mail under way in this run.
	Reminders int     `json:"reminders,omitempty"`
	Plan      Plan    `json:"plan,omitzero"`
	Sending   MailRef `json:"sending,omitzero"`
	// Hold keeps mails back for a while. SnoozedUntil and Paused come from an operator. SendNow is set while
	// somebody wants the next mail now. Commands counts the operator commands of this incident. RemoveOwed is set until
	// Plaid has removed the Item.
	Hold         Hold      `json:"hold,omitzero"`
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	Paused       bool      `json:"paused,omitempty"`
	SendNow      bool      `json:"wanted,omitempty"`
	Commands     int       `json:"orders,omitempty"`
	RemoveOwed   bool      `json:"remove_owed,omitempty"`
	// OwesReconnectedMail is the incident whose "reconnected" mail is still owed, 0 when none is.
	OwesReconnectedMail int `json:"thanks,omitempty"`

	// Unrecorded are transitions that Postgres does not hold yet, oldest first.
	Unrecorded []Transition `json:"unrecorded,omitempty"`
}

// Contradiction is a claim that Plaid contradicted.
type Contradiction struct {
	Claim Claim `json:"claim,omitempty"`
	Tries int   `json:"tries,omitempty"`
}

// Plan is the next reminder. The zero Plan means that none is planned yet.
type Plan struct {
	// Step counts from 1. At is absolute.
	Step int       `json:"step,omitempty"`
	At   time.Time `json:"at,omitzero"`
	// Exhausted means that the ladder has no further step, and that a person has to look.
	Exhausted bool `json:"exhausted,omitempty"`
	// Suppressed means that no step is left only because the merchant's address must not be mailed.
	Suppressed bool `json:"suppressed,omitempty"`
	// Why is, for people, what moved At; it is empty when nothing did.
	Why string `json:"why,omitempty"`
}

// Hold keeps mails back until a time; Why is for people.
type Hold struct {
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"`
}

// IsZero reports that nothing is planned.
func (p Plan) IsZero() bool { return p == Plan{} }

const evidenceKept = 8

func (l *Life) addEvidence(ids []int64) {
	for _, id := range ids {
		if !slices.Contains(l.Evidence, id) {
			l.Evidence = append(l.Evidence, id)
		}
	}
	if n := len(l.Evidence); n > evidenceKept {
		l.Evidence = slices.Clone(l.Evidence[n-evidenceKept:])
	}
}

// Restored returns a carried or loaded life as a fresh run begins with it: nothing is under way.
func (l Life) Restored() Life {
	l.Sending = MailRef{}
	return l
}

// Idle reports that the Item costs nothing: it is connected, owes nothing and waits for no time.
func (l Life) Idle() bool {
	return l.State == Connected && !l.NeedsQuery && l.AskAt.IsZero() && l.OwesReconnectedMail == 0 && !l.RemoveOwed &&
		l.Sending == MailRef{} && len(l.Unrecorded) == 0
}
