package main

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"relink/internal/item"
	"relink/internal/policy"
)

// preview is what policy preview asks for.
type preview struct {
	shell
	path              string // empty for the built-in policy
	cause             item.Cause
	partner, merchant string
	brokenAt, endsAt  time.Time
	zone              *time.Location
}

// parsePreview reads the words behind "policy preview"; configured is the file that holds when none is named.
func parsePreview(s shell, args []string, configured string) (preview, error) {
	p := preview{shell: s}
	flags := flag.NewFlagSet("policy preview", flag.ContinueOnError)
	flags.BoolVar(&p.asJSON, "json", false, "print one JSON object per line")
	flags.StringVar(&p.path, "file", configured, "the policy; POLICY_FILE, or else the built-in one, by default")
	flags.StringVar((*string)(&p.cause), "cause", string(item.Credentials), "why the Item is broken, or is going to end")
	flags.StringVar(&p.partner, "partner", "", "whose rules are looked for under partners")
	flags.StringVar(&p.merchant, "merchant", "", "whose rules are looked for under merchants")
	zone := flags.String("time-zone", "", "the merchant's, such as America/New_York")
	brokenAt := flags.String("broken-at", "", "when the Item broke, or its end came to light: 2026-11-22T10:00:00Z, or 2026-11-22T10:00 in --time-zone")
	endsAt := flags.String("ends-at", "", "when the Item ends, for the causes consent_expiring and institution_migration")
	if err := parse(flags, args); err != nil {
		return p, err
	}
	return p, p.read(*zone, *brokenAt, *endsAt)
}

func (p *preview) read(zone, brokenAt, endsAt string) (err error) {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: policy preview: %s", errUsage, fmt.Sprintf(format, args...))
	}
	if !slices.Contains(item.Causes(), p.cause) {
		return wrong("there is no cause %q; there are %v", p.cause, item.Causes())
	}
	if p.cause == item.Gone {
		return wrong("nobody is mailed about an Item that is gone")
	}
	if zone == "" || zone == "Local" {
		return wrong("--time-zone is needed, such as America/New_York")
	}
	if p.zone, err = time.LoadLocation(zone); err != nil {
		return wrong("there is no time zone %q; one is America/New_York", zone)
	}
	if p.brokenAt, err = moment(brokenAt, p.zone); err != nil {
		return wrong("--broken-at: %v", err)
	}
	ends := p.cause == item.ConsentExpiring || p.cause == item.Migration
	if !ends {
		if endsAt != "" {
			return wrong("--ends-at is for the causes %s and %s", item.ConsentExpiring, item.Migration)
		}
		return nil
	}
	if p.endsAt, err = moment(endsAt, p.zone); err != nil {
		return wrong("--ends-at: %v", err)
	}
	if !p.endsAt.After(p.brokenAt) {
		return wrong("--ends-at is not after --broken-at")
	}
	return nil
}

// moment reads a time with its offset, or one by the clocks of a zone.
func moment(text string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2026-11-22T10:00:00Z or 2026-11-22T10:00", text)
}

// previewLine is a line of the preview as --json prints it.
type previewLine struct {
	policy.Outgoing
	Local   string `json:"local"`
	Weekday string `json:"weekday"`
	Shadow  bool   `json:"shadow,omitempty"`
}

func (p preview) run() error {
	all, from := policy.Default(), "the built-in one"
	if p.path != "" {
		var err error
		if all, _, err = readPolicy(p.path); err != nil {
			return err
		}
		from = p.path
	}
	rules := all.For(p.cause, p.partner, p.merchant)
	out := rules.Preview(p.brokenAt, p.endsAt, p.zone)
	if p.asJSON {
		for _, o := range out {
			there := o.At.In(p.zone)
			o.At = o.At.UTC()
			line := previewLine{Outgoing: o, Local: there.Format(time.RFC3339), Weekday: there.Weekday().String(), Shadow: rules.Shadow}
			if err := p.printJSON(line); err != nil {
				return err
			}
		}
		return nil
	}
	if err := p.say("policy %s, %s; %s, by the clocks of %s", all.Version(), from, p.cause, p.zone); err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "THERE\tUTC\tWHAT\tMOVED BY")
	for _, o := range out {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", o.At.In(p.zone).Format("Mon 2006-01-02 15:04:05 -0700"),
			o.At.UTC().Format("2006-01-02 15:04:05"), says(o, rules.Shadow), cmp.Or(o.Why, "-"))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func says(o policy.Outgoing, shadow bool) string {
	switch {
	case o.Step == 0:
		return "a person is called"
	case shadow:
		return fmt.Sprintf("%s %d, recorded and not sent", o.What, o.Step)
	}
	return fmt.Sprintf("%s %d", o.What, o.Step)
}
