package people

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/policy"
)

// preview holds the arguments of "policy preview".
type preview struct {
	Deps
	path              string // empty for the built-in policy
	cause             item.Cause
	partner, merchant string
	brokenAt, endsAt  time.Time
	zone              *time.Location
}

func (d Deps) policyPreview() *cobra.Command {
	p := &preview{Deps: d}
	var zone, brokenAt, endsAt string
	c := &cobra.Command{
		Use:   "preview",
		Short: "Print exactly when a policy would send what",
		Long:  "Print exactly when a policy would send what, also over a night when the clocks change. Nothing is changed.",
		Example: `  relink policy preview --broken-at 2026-10-30T10:00 --time-zone America/New_York
  relink policy preview --cause consent_expiring --broken-at 2026-11-02T10:00 --ends-at 2026-12-10T12:00 --time-zone UTC`,
		Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := p.read(zone, brokenAt, endsAt); err != nil {
				return cli.WrongUsage("policy preview: %w", err)
			}
			return p.print()
		},
	}
	var causes []string
	for _, cause := range item.Causes() {
		causes = append(causes, string(cause))
	}
	f := c.Flags()
	d.Terminal.JSONFlag(f, "print one JSON object per line")
	f.StringVar(&p.path, "file", d.PolicyFile, "the policy; POLICY_FILE, or else the built-in one, by default")
	f.StringVar((*string)(&p.cause), "cause", string(item.Credentials),
		"why the Item is broken, or is going to end: "+strings.Join(causes, ", "))
	f.StringVar(&p.partner, "partner", "", "whose rules are looked for under partners")
	f.StringVar(&p.merchant, "merchant", "", "whose rules are looked for under merchants")
	f.StringVar(&zone, "time-zone", "", "the merchant's, such as America/New_York")
	f.StringVar(&brokenAt, "broken-at", "",
		"when the Item broke, or its end came to light: 2026-11-22T10:00:00Z, or 2026-11-22T10:00 in --time-zone")
	f.StringVar(&endsAt, "ends-at", "", "when the Item ends, for the causes consent_expiring and institution_migration")
	return c
}

// read checks the arguments. A time without an offset of its own is one of the zone.
func (p *preview) read(zone, brokenAt, endsAt string) (err error) {
	if !slices.Contains(item.Causes(), p.cause) {
		return fmt.Errorf("there is no cause %q; there are %v", p.cause, item.Causes())
	}
	if p.cause == item.Gone {
		return fmt.Errorf("nobody is mailed about an Item that is gone")
	}
	if zone == "" || zone == "Local" {
		return fmt.Errorf("--time-zone is needed, such as America/New_York")
	}
	if p.zone, err = time.LoadLocation(zone); err != nil {
		return fmt.Errorf("there is no time zone %q; one is America/New_York", zone)
	}
	if p.brokenAt, err = timeIn(p.zone, brokenAt); err != nil {
		return fmt.Errorf("--broken-at: %w", err)
	}
	if p.cause != item.ConsentExpiring && p.cause != item.Migration {
		if endsAt != "" {
			return fmt.Errorf("--ends-at is for the causes %s and %s", item.ConsentExpiring, item.Migration)
		}
		return nil
	}
	if p.endsAt, err = timeIn(p.zone, endsAt); err != nil {
		return fmt.Errorf("--ends-at: %w", err)
	}
	if !p.endsAt.After(p.brokenAt) {
		return fmt.Errorf("--ends-at is not after --broken-at")
	}
	return nil
}

// timeIn reads a time with an offset of its own, or one by the clocks of the zone.
func timeIn(zone *time.Location, text string) (time.Time, error) {
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

func (p *preview) print() error {
	all, from := policy.Default(), "the built-in one"
	if p.path != "" {
		var err error
		if all, _, err = ReadPolicy(p.path); err != nil {
			return err
		}
		from = p.path
	}
	rules := all.For(p.cause, p.partner, p.merchant)
	var lines []previewLine
	for _, o := range rules.Preview(p.brokenAt, p.endsAt, p.zone) {
		there := o.At.In(p.zone)
		o.At = o.At.UTC()
		lines = append(lines, previewLine{
			Outgoing: o, Local: there.Format(time.RFC3339), Weekday: there.Weekday().String(), Shadow: rules.Shadow,
		})
	}
	if !p.Terminal.JSON {
		if err := p.Terminal.Say("policy %s, %s; %s, by the clocks of %s", all.Version(), from, p.cause, p.zone); err != nil {
			return err
		}
	}
	return cli.List(p.Terminal, lines, []string{"THERE", "UTC", "WHAT", "MOVED BY"}, func(l previewLine) []string {
		return []string{
			l.At.In(p.zone).Format("Mon 2006-01-02 15:04:05 -0700"), l.At.Format("2006-01-02 15:04:05"), l.what(), cmp.Or(l.Why, "-"),
		}
	})
}

func (l previewLine) what() string {
	switch {
	case l.Step == 0:
		return "a person is called"
	case l.Shadow:
		return fmt.Sprintf("%s %d, recorded and not sent", l.What, l.Step)
	}
	return fmt.Sprintf("%s %d", l.What, l.Step)
}
