package workflows

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relink/internal/item"
)

// Search attributes, as operators type them. They are stored in the clear, so they hold no person's name and no
// address.
var (
	nameKey        = temporal.NewSearchAttributeKeyKeyword("RelinkName")
	stateKey       = temporal.NewSearchAttributeKeyKeyword("RelinkState")
	environmentKey = temporal.NewSearchAttributeKeyKeyword("RelinkEnvironment")
	merchantKey    = temporal.NewSearchAttributeKeyKeyword("RelinkMerchant")
	institutionKey = temporal.NewSearchAttributeKeyKeyword("RelinkInstitution")
	partnerKey     = temporal.NewSearchAttributeKeyKeyword("RelinkPartner")
	brokenSinceKey = temporal.NewSearchAttributeKeyTime("RelinkBrokenSince")
	remindersKey   = temporal.NewSearchAttributeKeyInt64("RelinkReminders")
)

// SearchAttributes returns the type of every search attribute by its name, as Temporal's server registers them.
func SearchAttributes() map[string]string {
	return map[string]string{
		nameKey.GetName(): "Keyword", stateKey.GetName(): "Keyword", environmentKey.GetName(): "Keyword",
		merchantKey.GetName(): "Keyword", institutionKey.GetName(): "Keyword", partnerKey.GetName(): "Keyword",
		brokenSinceKey.GetName(): "Datetime", remindersKey.GetName(): "Int",
	}
}

// attributes are the values of the search attributes. They carry over from run to run.
type attributes struct {
	name, state, environment, merchant, institution, partner string
	brokenSince                                              time.Time
	reminders                                                int64
}

// attributesOf returns the values that the previous run set.
func attributesOf(ctx workflow.Context) attributes {
	var a attributes
	sa := workflow.GetTypedSearchAttributes(ctx)
	a.name, _ = sa.GetKeyword(nameKey)
	a.state, _ = sa.GetKeyword(stateKey)
	a.environment, _ = sa.GetKeyword(environmentKey)
	a.merchant, _ = sa.GetKeyword(merchantKey)
	a.institution, _ = sa.GetKeyword(institutionKey)
	a.partner, _ = sa.GetKeyword(partnerKey)
	a.brokenSince, _ = sa.GetTime(brokenSinceKey)
	a.reminders, _ = sa.GetInt64(remindersKey)
	return a
}

// show brings search attributes and current details up to date. An update of the search attributes is an event in the
// history, so it happens only when they changed; the details are free.
func (r *run) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, details(r.item, r.life, r.waitingFor(), workflow.Now(ctx)))
	now := attributes{
		name: r.item.Name(), state: string(r.life.State), environment: r.item.Environment, merchant: r.item.MerchantID,
		institution: r.item.Institution, partner: r.item.Partner, brokenSince: r.life.BrokenSince, reminders: int64(r.life.Reminders),
	}
	if now.brokenSince.Equal(r.shown.brokenSince) {
		now.brokenSince = r.shown.brokenSince
	}
	if now == r.shown {
		return
	}
	updates := []temporal.SearchAttributeUpdate{
		nameKey.ValueSet(now.name), stateKey.ValueSet(now.state), environmentKey.ValueSet(now.environment),
		merchantKey.ValueSet(now.merchant), institutionKey.ValueSet(now.institution), remindersKey.ValueSet(now.reminders),
	}
	if now.partner != "" {
		updates = append(updates, partnerKey.ValueSet(now.partner))
	} else if r.shown.partner != "" {
		updates = append(updates, partnerKey.ValueUnset())
	}
	if now.brokenSince.IsZero() {
		updates = append(updates, brokenSinceKey.ValueUnset())
	} else {
		updates = append(updates, brokenSinceKey.ValueSet(now.brokenSince))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Error("search attributes were refused", "error", err)
		return
	}
	r.shown = now
}

// details returns what operators read in the Temporal UI, in Markdown: the Item's name, its state, and what happens
// next.
func details(ref item.Ref, l item.Life, waitingFor string, now time.Time) string {
	var lines []string
	line := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	line("**%s**", ref.Name())
	if l.BrokenSince.IsZero() {
		line("State: **%s**", l.State)
	} else {
		line("State: **%s** (%s), incident %d, since %s", l.State, l.Cause, l.Incident, at(l.BrokenSince))
	}
	line("Waiting for: %s", waitingFor)
	if l.State == item.Expiring {
		line("Ends: %s", at(l.Expiry.At))
	}
	if l.State.NeedsMerchant() {
		line("Next mail: %s", nextMail(l, now))
		line("Mails sent: %d · Link opened: %d times", l.Reminders, l.LinkAttempts)
	} else if l.Incident > 0 {
		line("Incidents so far: %d", l.Incident)
	}
	if l.PlaidSays != "" {
		line("Plaid says: `%s`", l.PlaidSays)
	}
	// The rule at the end is for the UI (2.42), whose frame for these lines is half a line too low: it cuts off the
	// rule instead of the last line.
	return strings.Join(append(lines, "---"), "\n\n")
}

func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func nextMail(l item.Life, now time.Time) string {
	switch {
	case !l.LinkOpenUntil.IsZero():
		return "paused while Link is open, until " + at(l.LinkOpenUntil)
	case l.Sending.Kind.Reminds():
		return fmt.Sprintf("reminder %d is being sent", l.Sending.Step)
	case l.Paused:
		return "paused by a person"
	case l.SnoozedUntil.After(now) && l.SnoozedUntil.After(l.Hold.Until):
		return "snoozed by a person until " + at(l.SnoozedUntil)
	case l.Hold.Until.After(now):
		return fmt.Sprintf("held until %s: %s", at(l.Hold.Until), l.Hold.Why)
	case l.Plan.Exhausted && !l.Plan.At.IsZero():
		return fmt.Sprintf("none; a person is called at %s: %s", at(l.Plan.At), l.Plan.Why)
	case l.Plan.Exhausted:
		return "none: a person has to look: " + cmp.Or(l.Plan.Why, "the ladder is over")
	case l.Plan.IsZero():
		return "being planned"
	case l.Plan.Why != "":
		return fmt.Sprintf("reminder %d at %s (%s)", l.Plan.Step, at(l.Plan.At), l.Plan.Why)
	}
	return fmt.Sprintf("reminder %d at %s", l.Plan.Step, at(l.Plan.At))
}

func (r *run) waitingFor() string {
	l := r.life
	switch {
	case l.State == item.Removed:
		return "nothing, the Item is removed"
	case l.NeedsQuery:
		return "Plaid's answer"
	case l.Sending.Kind != "":
		return "the mail server (" + describe(l.Sending) + ")"
	case !l.LinkOpenUntil.IsZero():
		return "the merchant, who has Link open"
	case !l.AskAt.IsZero():
		return "the next question to Plaid, at " + at(l.AskAt)
	case l.State.NeedsMerchant():
		return "the merchant"
	}
	return "nothing, data flows"
}

// dueThen returns what is due at a time, as the summary of the timer that waits for it.
func (r *run) dueThen(until time.Time) string {
	switch {
	case until.Equal(r.life.LinkOpenUntil):
		return "end of the merchant's Link"
	case until.Equal(r.life.AskAt):
		return "next question to Plaid"
	case r.life.State == item.Expiring && until.Equal(r.life.Expiry.At):
		return "the Item's end"
	case until.Equal(r.life.SnoozedUntil):
		return "end of the snooze"
	case until.Equal(r.life.Hold.Until):
		return "mails are looked at again: " + r.life.Hold.Why
	case r.life.Plan.Exhausted:
		return "a person is called"
	}
	return fmt.Sprintf("reminder %d", r.life.Plan.Step)
}

func (r *run) whyAsk() string {
	switch {
	case r.life.Contradiction.Claim != "":
		return "somebody says it is " + string(r.life.Contradiction.Claim)
	case r.life.State.NeedsMerchant():
		return "is it still broken"
	}
	return "is it healthy"
}

func describe(l item.MailRef) string {
	if l.Kind.Reminds() {
		return fmt.Sprintf("%s %d of incident %d", l.Kind, l.Step, l.Incident)
	}
	return fmt.Sprintf("%s, incident %d", l.Kind, l.Incident)
}

// details returns what operators read in the Temporal UI while a walk is under way, in Markdown.
func (f ReconcileReport) details() string {
	lines := []string{fmt.Sprintf("**%d Items examined**", f.Examined)}
	line := func(n int, what string) {
		if n > 0 {
			lines = append(lines, fmt.Sprintf("%d %s", n, what))
		}
	}
	for _, d := range workflow.DeterministicKeys(f.Differences) {
		line(f.Differences[d], "differ: "+string(d))
	}
	line(f.Unanswered, "could not be asked about")
	line(f.Stale, "are healthy and have no data")
	line(f.WrongWebhooks, "have their webhooks sent elsewhere")
	line(f.Repaired, "of these were repaired")
	line(f.LongBroken, "wait for their merchant for over 30 days")
	return strings.Join(append(lines, "---"), "\n\n")
}
