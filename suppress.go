package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/mail"
	"strings"
	"text/tabwriter"
	"time"

	"relink/internal/item"
)

// suppressions is where the addresses are that nobody may mail; postgres.Store is one.
type suppressions interface {
	Suppress(ctx context.Context, address, why, by string, at time.Time) (suppressed bool, merchants []string, err error)
	Unsuppress(ctx context.Context, address, by string, at time.Time) (ended int, merchants []string, err error)
	Suppressions(ctx context.Context) ([]item.Suppression, error)
}

// parseSuppress reads the words behind "mails suppressed", "mails suppress" and "mails unsuppress".
func parseSuppress(l mailsLine, args []string) (mailsLine, error) {
	flags := flag.NewFlagSet("mails "+l.verb, flag.ContinueOnError)
	switch l.verb {
	case "suppressed":
		flags.BoolVar(&l.asJSON, "json", false, "print one JSON object per address and reason")
		return l, parse(flags, args)
	case "suppress":
		flags.StringVar(&l.why, "why", "", "what for; it stays in the Items' timelines, so name nobody")
	case "unsuppress":
	default:
		return l, fmt.Errorf("%w: mails has no %q; it has %s", errUsage, l.verb, mailsUsage)
	}
	l.flags(flags)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") { // the address may stand before the flags or behind them
		l.key, args = args[0], args[1:]
	}
	if err := flags.Parse(args); err != nil {
		return l, fmt.Errorf("%w: %w", errUsage, err)
	}
	if l.key == "" && flags.NArg() > 0 {
		l.key = flags.Arg(0)
	} else if flags.NArg() > 0 {
		return l, fmt.Errorf("%w: mails %s takes one address", errUsage, l.verb)
	}
	l.why = strings.TrimSpace(l.why)
	if parsed, err := mail.ParseAddress(l.key); err != nil || parsed.Address != l.key {
		return l, fmt.Errorf("%w: mails %s wants an address, name@example.com", errUsage, l.verb)
	}
	if l.verb == "suppress" && l.why == "" {
		return l, fmt.Errorf("%w: mails suppress wants --why", errUsage)
	}
	return l, nil
}

// whoHas names the merchants that have an address.
func whoHas(merchants []string) string {
	if len(merchants) == 0 {
		return "no merchant has it now"
	}
	return "of " + strings.Join(merchants, ", ")
}

func (l mailsLine) suppress(ctx context.Context, store suppressions) error {
	suppressed, merchants, err := store.Suppress(ctx, l.key, l.why, l.by, time.Now())
	if err != nil {
		return err
	}
	if l.asJSON {
		return l.printJSON(map[string]any{"address": l.key, "suppressed": suppressed, "merchants": merchants})
	}
	if !suppressed {
		return l.say("%s was stopped by a person already (%s)", l.key, whoHas(merchants))
	}
	return l.say("nothing more is mailed to %s (%s)", l.key, whoHas(merchants))
}

func (l mailsLine) unsuppress(ctx context.Context, store suppressions) error {
	ended, merchants, err := store.Unsuppress(ctx, l.key, l.by, time.Now())
	if err != nil {
		return err
	}
	if l.asJSON {
		if err := l.printJSON(map[string]any{"address": l.key, "ended": ended, "merchants": merchants}); err != nil {
			return err
		}
	}
	switch {
	case ended == 0:
		return fmt.Errorf("mails to %s are not stopped; mails suppressed lists what is", l.key)
	case l.asJSON:
		return nil
	}
	return l.say("%s may be mailed again (%s); Items that wait plan again within seconds", l.key, whoHas(merchants))
}

func (l mailsLine) suppressed(ctx context.Context, store suppressions) error {
	all, err := store.Suppressions(ctx)
	if err != nil {
		return err
	}
	if l.asJSON {
		for _, s := range all {
			if err := l.printJSON(s); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ADDRESS\tMERCHANTS\tREASON\tSINCE\tBY\tWHY")
	for _, s := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n",
			cmp.Or(s.Address, "(nobody's now)"), cmp.Or(strings.Join(s.Merchants, ","), "-"), s.Reason, minute(s.Since), s.By, s.Why)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
