package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"relink/internal/config"
	"relink/internal/item"
	"relink/internal/postgres"
	"relink/internal/webhook"
)

// deadShell is relink deadletters.
type deadShell struct {
	store    *postgres.Store
	reread   func(deliveryKey, sealed []byte) (item.Arrival, error)
	by       string
	in       io.Reader
	terminal bool // somebody sits at in
	out, ask io.Writer
}

func runDeadLetters(ctx context.Context, args []string) error {
	order, err := parseDeadOrder(args)
	if err != nil {
		return err
	}
	shell := deadShell{in: os.Stdin, out: os.Stdout, ask: os.Stderr, by: "shell"}
	if who, err := user.Current(); err == nil {
		shell.by = "shell/" + who.Username
	}
	if in, err := os.Stdin.Stat(); err == nil {
		shell.terminal = in.Mode()&os.ModeCharDevice != 0
	}
	if order.verb != "replay" {
		if shell.store, err = openStore(ctx); err != nil {
			return err
		}
		defer shell.store.Close()
		return shell.run(ctx, order)
	}
	cfg, err := config.Load(config.Replay, os.Environ())
	if err != nil {
		return err
	}
	vault, err := postgres.OpenVault(cfg.KeysetFile)
	if err != nil {
		return err
	}
	if shell.store, err = postgres.Open(ctx, cfg.DatabaseURL); err != nil {
		return err
	}
	defer shell.store.Close()
	shell.reread = webhook.Intake{Environment: cfg.PlaidEnv, Forwards: cfg.Forwards}.Reread(vault.OpenBody)
	return shell.run(ctx, order)
}

func (d deadShell) run(ctx context.Context, o deadOrder) error {
	switch o.verb {
	case "list":
		return d.list(ctx, o)
	case "show":
		return d.show(ctx, o)
	}
	return d.settle(ctx, o)
}

func (d deadShell) list(ctx context.Context, o deadOrder) error {
	letters, total, err := d.store.DeadLetters(ctx, o.filter)
	if err != nil {
		return err
	}
	if o.asJSON {
		for _, l := range letters {
			if err := d.print(l); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tRECEIVED\tCODE\tITEM\tATTEMPTS\tREPLAYS\tREASON")
	for _, l := range letters {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%d\t%s\n", l.InboxID, l.ReceivedAt.UTC().Format("2006-01-02 15:04 MST"), l.Code, cmp.Or(l.ItemID, "none"), l.Attempts, l.Replays, l.Reason)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if total > len(letters) {
		_, _ = fmt.Fprintf(d.ask, "%d of %d dead letters; --before, --after and --limit show others\n", len(letters), total)
	}
	return nil
}

func (d deadShell) show(ctx context.Context, o deadOrder) error {
	l, err := d.store.DeadLetter(ctx, o.filter.IDs[0])
	if err != nil {
		return err
	}
	if o.asJSON {
		return d.print(l)
	}
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }
	_, err = fmt.Fprintf(d.out, "%d  %s from %s\nitem      %s\nreason    %s\nreceived  %s\ndead      %s\nattempts  %d, repeats %d, replays %d\ntrace     %s\nbody      %s\n",
		l.InboxID, l.Code, l.Source, cmp.Or(string(l.ItemID), "none"), l.Reason, at(l.ReceivedAt), at(l.EndedAt), l.Attempts, l.Repeats, l.Replays,
		cmp.Or(l.Trace, "none"), cmp.Or(string(l.Body), "none"))
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// settle replays or discards. What a filter chooses is counted first, and done only once that number was agreed to.
func (d deadShell) settle(ctx context.Context, o deadOrder) error {
	order := item.DeadOrder{Filter: o.filter, Expect: -1, By: d.by, Why: o.why}
	if len(o.filter.IDs) == 0 {
		_, total, err := d.store.DeadLetters(ctx, o.filter)
		if err != nil {
			return err
		}
		if total > 0 && !o.yes {
			agreed, err := d.agree(total, o.verb)
			if err != nil || !agreed {
				return err
			}
		}
		order.Expect = total
	}
	carryOut := d.store.Discard
	if o.verb == "replay" {
		carryOut = func(ctx context.Context, order item.DeadOrder) (item.DeadTally, error) {
			return d.store.Replay(ctx, order, d.reread)
		}
	}
	tally, err := carryOut(ctx, order)
	if err != nil {
		return err
	}
	if o.asJSON {
		err = d.print(tally)
	} else {
		for _, s := range tally.Still {
			_, _ = fmt.Fprintf(d.out, "%d is dead still: %s\n", s.InboxID, s.Reason)
		}
		_, err = fmt.Fprintf(d.out, "%d of %d %s\n", tally.Done, tally.Matches, map[string]string{"replay": "replayed", "discard": "discarded"}[o.verb])
	}
	if err == nil && len(tally.Still) > 0 {
		err = fmt.Errorf("%d of %d still dead", len(tally.Still), tally.Matches)
	}
	return err
}

// agree asks the person at the terminal. Where nobody sits it is wrong usage, and says how many there are.
func (d deadShell) agree(total int, verb string) (bool, error) {
	if d.terminal {
		_, _ = fmt.Fprintf(d.ask, "%d dead letters match; %s them? [y/N] ", total, verb)
		answer, err := bufio.NewReader(d.in).ReadString('\n')
		if err == nil {
			switch strings.ToLower(strings.TrimSpace(answer)) {
			case "y", "yes":
				return true, nil
			}
			_, _ = fmt.Fprintln(d.ask, "nothing was changed")
			return false, nil
		}
		_, _ = fmt.Fprintln(d.ask)
	}
	return false, fmt.Errorf("%w: %d dead letters match; nobody is here to agree, so --yes is needed to %s them: nothing was changed", errUsage, total, verb)
}

func (d deadShell) print(v any) error {
	if err := json.NewEncoder(d.out).Encode(v); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// deadOrder is what the command line asks for.
type deadOrder struct {
	verb        string
	filter      item.DeadFilter
	why         string
	yes, asJSON bool
}

// parseDeadOrder reads the words behind "deadletters". Flags may stand before, between and behind ids.
func parseDeadOrder(args []string) (deadOrder, error) {
	if len(args) == 0 {
		return deadOrder{}, fmt.Errorf("%w: deadletters wants list, show, replay or discard", errUsage)
	}
	o := deadOrder{verb: args[0]}
	flags := flag.NewFlagSet("deadletters "+o.verb, flag.ContinueOnError)
	flags.BoolVar(&o.asJSON, "json", false, "print JSON")
	all := false
	switch o.verb {
	case "show":
	case "list":
		filterFlags(flags, &o.filter)
		flags.IntVar(&o.filter.Limit, "limit", 100, "most dead letters listed")
	case "replay", "discard":
		filterFlags(flags, &o.filter)
		flags.BoolVar(&all, "all", false, "every dead letter there is")
		flags.BoolVar(&o.yes, "yes", false, "do not ask first")
		flags.StringVar(&o.why, "why", "", "what for; it stays in the Item's audit, so no names")
	default:
		return o, fmt.Errorf("%w: deadletters has no %q; it has list, show, replay and discard", errUsage, o.verb)
	}
	for rest := args[1:]; ; {
		if err := flags.Parse(rest); err != nil {
			return o, fmt.Errorf("%w: %w", errUsage, err)
		}
		if flags.NArg() == 0 {
			break
		}
		id, err := strconv.ParseInt(flags.Arg(0), 10, 64)
		if err != nil {
			return o, fmt.Errorf("%w: %q is not the number of a dead letter", errUsage, flags.Arg(0))
		}
		o.filter.IDs = append(o.filter.IDs, id)
		rest = flags.Args()[1:]
	}
	return o, o.check(all)
}

// check tells what does not go together.
func (o deadOrder) check(all bool) error {
	ids := len(o.filter.IDs)
	filtered := o.filter
	filtered.IDs = nil
	wrong := ""
	switch {
	case o.verb == "list" && ids > 0:
		wrong = "list takes no ids; show does"
	case o.verb == "list" && o.filter.Limit < 1:
		wrong = fmt.Sprintf("--limit %d is not above 0", o.filter.Limit)
	case o.verb == "show" && ids != 1:
		wrong = "show takes one id"
	case o.verb == "list" || o.verb == "show":
	case ids > 0 && (all || !filtered.All()):
		wrong = o.verb + " takes ids or a filter, not both"
	case all && !filtered.All():
		wrong = "--all and a filter do not go together"
	case ids == 0 && !all && filtered.All():
		wrong = o.verb + " wants ids, a filter, or --all"
	case o.verb == "discard" && strings.TrimSpace(o.why) == "":
		wrong = "discard wants --why: it stays in the Item's audit"
	}
	if wrong != "" {
		return fmt.Errorf("%w: %s", errUsage, wrong)
	}
	return nil
}

func filterFlags(flags *flag.FlagSet, f *item.DeadFilter) {
	flags.StringVar(&f.Code, "code", "", "only this code, such as ITEM/ERROR")
	flags.StringVar((*string)(&f.ItemID), "item", "", "only this Item")
	flags.StringVar(&f.Reason, "reason", "", "only where the reason holds this text")
	flags.Func("before", "only received before this `time` (2026-11-22, or 2026-11-22T12:00:00Z)", instant(&f.Before))
	flags.Func("after", "only received after this `time`", instant(&f.After))
}

func instant(at *time.Time) func(string) error {
	return func(text string) (err error) {
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if *at, err = time.Parse(layout, text); err == nil {
				return nil
			}
		}
		return fmt.Errorf("%q is not a time such as 2026-11-22 or 2026-11-22T12:00:00Z", text)
	}
}
