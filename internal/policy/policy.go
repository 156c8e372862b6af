package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"relink/internal/item"
)

// Policy is the whole of a policy file: what holds for everybody, and who is treated differently.
type Policy struct {
	Everybody Rules
	// Causes, Partners and Merchants change what they name; the later of the three wins.
	Causes    map[item.Cause]Change
	Partners  map[string]Change
	Merchants map[string]Change
	MassBreak MassBreak
	Perpetual Perpetual
	Reconcile Reconcile
}

// Reconcile is how all Items are held against Plaid's word, webhook or none.
type Reconcile struct {
	Every time.Duration
	// StaleAfter is how old the data of a healthy Item may be before a person is told; 0 is for ever.
	StaleAfter time.Duration
	// RepairWebhooks has Plaid send the webhooks of Items to us that it sends elsewhere. Without it they are reported.
	RepairWebhooks bool
}

// Rules are what holds for one incident.
type Rules struct {
	// SecondLook is how long a break must last before its first mail: many end by themselves.
	SecondLook time.Duration `json:"second_look"`
	// Gap is the least time between two mails to one merchant, whatever they are about.
	Gap time.Duration `json:"gap"`
	// Quiet and Weekdays are in the merchant's own zone.
	Quiet    Quiet    `json:"quiet"`
	Weekdays Weekdays `json:"weekdays"`
	// Steps are the reminders, each so long after the break; Before those of an Item that expires, each so long before
	// its end, the longest first.
	Steps  []time.Duration `json:"steps"`
	Before []time.Duration `json:"before"`
	// EscalateAfter is how long after the last reminder a person is called.
	EscalateAfter time.Duration `json:"escalate_after"`
	// Shadow records what would be mailed and mails nothing.
	Shadow bool `json:"shadow"`
}

// Quiet are the hours without mails, from one minute of the day to another, over midnight too. Equal ends mean none.
type Quiet struct {
	From int `json:"from"` // minutes since midnight
	To   int `json:"to"`
}

// Weekdays are the days on which mails go out, by time.Weekday.
type Weekdays [7]bool

// MassBreak is when so many Items break at once that the fault is hardly the merchants': mails pause, a person is called.
type MassBreak struct {
	Within time.Duration `json:"within"`
	// Items of one institution, or of all, that break within the time. 0 is never.
	OfInstitution int `json:"of_institution"`
	OfAll         int `json:"of_all"`
}

// Perpetual is when a bank asks so often that reminders make no sense: Relinks in one Item within the time.
type Perpetual struct {
	Within  time.Duration `json:"within"`
	Relinks int           `json:"relinks"` // 0 is never
}

// Asks reports that the bank wants the merchant at every update, or has been repaired so often that it might as well,
// and says so for a person: reminders would never end.
func (p Perpetual) Asks(userPresent bool, relinks []time.Time, now time.Time) (why string, asks bool) {
	if userPresent {
		return "the bank wants the merchant at every update: reminders would never end", true
	}
	lately := 0
	for _, at := range relinks {
		if now.Sub(at) < p.Within {
			lately++
		}
	}
	if p.Relinks > 0 && lately >= p.Relinks {
		return fmt.Sprintf("repaired %d times within %s and broken again: reminders would never end", lately, spell(p.Within)), true
	}
	return "", false
}

// Guard is what may hold back a mail of these rules at the moment it goes out.
func (p Policy) Guard(r Rules) item.Guard {
	return item.Guard{Gap: r.Gap, Shadow: r.Shadow, Within: p.MassBreak.Within, OfInstitution: p.MassBreak.OfInstitution, OfAll: p.MassBreak.OfAll}
}

const day = 24 * time.Hour

// Default is the policy without a file: at once (after a second look), +2 d, +5 d, +9 d, then a person after 2 d more;
// before an end 30, 14, 7, 3 and 1 days; by day and on any weekday.
func Default() Policy {
	return Policy{
		Everybody: Rules{
			SecondLook: 15 * time.Minute, Gap: 48 * time.Hour,
			Quiet: Quiet{From: 20 * 60, To: 8 * 60}, Weekdays: Weekdays{true, true, true, true, true, true, true},
			Steps:         []time.Duration{0, 2 * day, 5 * day, 9 * day},
			Before:        []time.Duration{30 * day, 14 * day, 7 * day, 3 * day, day},
			EscalateAfter: 2 * day,
		},
		Causes: map[item.Cause]Change{
			item.ConsentRevoked: {Steps: &[]time.Duration{0}}, // the merchant's own wish: one mail, no ladder
		},
		MassBreak: MassBreak{Within: 10 * time.Minute, OfInstitution: 50, OfAll: 200},
		Perpetual: Perpetual{Within: 7 * day, Relinks: 3},
		Reconcile: Reconcile{Every: 6 * time.Hour, StaleAfter: 7 * day},
	}
}

// For answers the rules of an incident of a merchant.
func (p Policy) For(cause item.Cause, partner, merchantID string) Rules {
	r := p.Everybody
	for _, c := range []Change{p.Causes[cause], p.Partners[partner], p.Merchants[merchantID]} {
		r = c.of(r)
	}
	return r
}

// Version names the policy's content: plans carry it, so that a plan of an older one is known.
func (p Policy) Version() string {
	raw, err := json.Marshal(p)
	if err != nil { // it holds nothing that JSON has no form for
		return "?"
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}

// Change is a part of Rules; what is nil stays as it was.
type Change struct {
	SecondLook    *time.Duration   `json:",omitempty"`
	Gap           *time.Duration   `json:",omitempty"`
	Quiet         *Quiet           `json:",omitempty"`
	Weekdays      *Weekdays        `json:",omitempty"`
	Steps         *[]time.Duration `json:",omitempty"`
	Before        *[]time.Duration `json:",omitempty"`
	EscalateAfter *time.Duration   `json:",omitempty"`
	Shadow        *bool            `json:",omitempty"`
}

func (c Change) of(r Rules) Rules {
	set(&r.SecondLook, c.SecondLook)
	set(&r.Gap, c.Gap)
	set(&r.Quiet, c.Quiet)
	set(&r.Weekdays, c.Weekdays)
	set(&r.Steps, c.Steps)
	set(&r.Before, c.Before)
	set(&r.EscalateAfter, c.EscalateAfter)
	set(&r.Shadow, c.Shadow)
	r.Steps, r.Before = slices.Clone(r.Steps), slices.Clone(r.Before)
	return r
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
