package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"relink/internal/item"
	"relink/internal/mailing"
)

// Policy is the whole of a policy file: the rules for everybody, and the exceptions. The yaml tags name the keys of the
// file. The JSON form decides [Policy.Version], so the order and the names of the fields stay as they are.
type Policy struct {
	Everybody Rules `yaml:",inline"`
	// Causes, Partners and Merchants change the rules that they name; the later of the three wins.
	Causes    map[item.Cause]Change `yaml:"causes"`
	Partners  map[string]Change     `yaml:"partners"`
	Merchants map[string]Change     `yaml:"merchants"`
	MassBreak MassBreak             `yaml:"mass_break"`
	Perpetual Perpetual             `yaml:"perpetual"`
	Reconcile Reconcile             `yaml:"reconcile"`
}

// Rules apply to one incident. A new rule is a field here and the same field, as a pointer, in [Change].
type Rules struct {
	// SecondLook is how long a break must last before its first mail: many end by themselves.
	SecondLook time.Duration `json:"second_look" yaml:"second_look"`
	// Gap is the least time between two mails to one merchant, whatever they are about.
	Gap time.Duration `json:"gap" yaml:"gap"`
	// Quiet and Weekdays are in the merchant's own zone.
	Quiet    Quiet    `json:"quiet" yaml:"quiet"`
	Weekdays Weekdays `json:"weekdays" yaml:"weekdays"`
	// Steps are the times of the reminders after the break. Before are the times of the reminders before the end of an
	// Item that expires, the longest first.
	Steps  []time.Duration `json:"steps" yaml:"steps"`
	Before []time.Duration `json:"before" yaml:"before" order:"falling"`
	// EscalateAfter is the time from the last reminder until a person is called.
	EscalateAfter time.Duration `json:"escalate_after" yaml:"escalate_after"`
	// Shadow records the mails that would be sent, and sends none.
	Shadow bool `json:"shadow" yaml:"shadow"`
}

// Change replaces some of the Rules. A nil field keeps the rule.
type Change struct {
	SecondLook    *time.Duration   `json:",omitempty" yaml:"second_look"`
	Gap           *time.Duration   `json:",omitempty" yaml:"gap"`
	Quiet         *Quiet           `json:",omitempty" yaml:"quiet"`
	Weekdays      *Weekdays        `json:",omitempty" yaml:"weekdays"`
	Steps         *[]time.Duration `json:",omitempty" yaml:"steps"`
	Before        *[]time.Duration `json:",omitempty" yaml:"before" order:"falling"`
	EscalateAfter *time.Duration   `json:",omitempty" yaml:"escalate_after"`
	Shadow        *bool            `json:",omitempty" yaml:"shadow"`
}

// of returns r with the fields replaced that c sets.
func (c Change) of(r Rules) Rules {
	from, to := reflect.ValueOf(c), reflect.ValueOf(&r).Elem()
	for i := range from.NumField() {
		if set := from.Field(i); !set.IsNil() {
			to.FieldByName(from.Type().Field(i).Name).Set(set.Elem())
		}
	}
	r.Steps, r.Before = slices.Clone(r.Steps), slices.Clone(r.Before)
	return r
}

// Quiet is the time of day without mails, from one minute of the day to another, over midnight too. Equal ends mean
// none.
type Quiet struct {
	From int `json:"from"` // minutes since midnight
	To   int `json:"to"`
}

// Weekdays are the days on which mails go out, by time.Weekday.
type Weekdays [7]bool

// MassBreak is the number of Items that break within a time from which the merchants are hardly the cause. First mails
// then pause, and a task calls for a person.
type MassBreak struct {
	Within time.Duration `json:"within" yaml:"within"`
	// OfInstitution and OfAll are numbers of Items that break within the time. 0 turns the guard off.
	OfInstitution int `json:"of_institution" yaml:"of_institution"`
	OfAll         int `json:"of_all" yaml:"of_all"`
}

// Perpetual is the number of repairs of one Item within a time from which reminders are pointless.
type Perpetual struct {
	Within  time.Duration `json:"within" yaml:"within"`
	Relinks int           `json:"relinks" yaml:"relinks"` // 0 is never
}

// Reconcile configures the regular comparison of all Items with Plaid's answers.
type Reconcile struct {
	Every time.Duration `yaml:"every" least:"1m"`
	// StaleAfter is how old the data of a healthy Item may be before a person is called. 0 accepts any age.
	StaleAfter time.Duration `yaml:"stale_after"`
	// RepairWebhooks redirects webhooks that Plaid sends elsewhere to us. Without it they are reported only.
	RepairWebhooks bool `yaml:"repair_webhooks"`
}

// Asks reports whether reminders are pointless: the bank requires the user at every update, or the Item was repaired
// too often lately. why is for operators.
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

// Guard returns the limits that are checked when a mail under the rules r is about to be sent.
func (p Policy) Guard(r Rules) mailing.Guard {
	return mailing.Guard{
		Gap: r.Gap, Shadow: r.Shadow,
		Within: p.MassBreak.Within, OfInstitution: p.MassBreak.OfInstitution, OfAll: p.MassBreak.OfAll,
	}
}

// Default returns the policy that applies without a file. It mails at once (after a second look), then 2, 5 and 9 days
// after the break, and calls a person 2 days after that. It mails 30, 14, 7, 3 and 1 days before an end. It mails by
// day, and on every weekday.
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

// For returns the rules for an incident with this cause, of this merchant and its partner.
func (p Policy) For(cause item.Cause, partner, merchantID string) Rules {
	r := p.Everybody
	for _, c := range []Change{p.Causes[cause], p.Partners[partner], p.Merchants[merchantID]} {
		r = c.of(r)
	}
	return r
}

// Version returns a name for the policy's content. Plans carry it, so that a plan made under another policy is noticed.
func (p Policy) Version() string {
	raw, err := json.Marshal(p)
	if err != nil { // it holds nothing that JSON has no form for
		return "?"
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}
