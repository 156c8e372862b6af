package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"relink/internal/config"
	"relink/internal/item"
	"relink/internal/postgres"
)

const itemVerbs = "list, show, recheck, remind, snooze, pause, resume or remove"

func runItems(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: items wants %s", errUsage, itemVerbs)
	}
	switch args[0] {
	case "list":
		return listItems(ctx, args[1:])
	case "show":
		return showItem(ctx, args[1:])
	}
	if _, is := orders[args[0]]; is {
		return orderItems(ctx, args)
	}
	return fmt.Errorf("%w: items has no %q; it has %s", errUsage, args[0], itemVerbs)
}

// openStore is for commands that need the database alone.
func openStore(ctx context.Context) (*postgres.Store, error) {
	cfg, err := config.Load(config.Migrate, os.Environ())
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, cfg.DatabaseURL)
}

func listItems(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("items list", flag.ContinueOnError)
	state := flags.String("state", "", "only Items in this state: connected, expiring, login_required, revoked, removed")
	needsPerson := flags.Bool("needs-person", false, "only open tasks, with their Items: what needs a person")
	asJSON := flags.Bool("json", false, "print one JSON object per Item")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *state != "" && !slices.Contains(item.States(), item.State(*state)) {
		return fmt.Errorf("%w: there is no state %q", errUsage, *state)
	}
	if *state != "" && *needsPerson {
		return fmt.Errorf("%w: --state and --needs-person do not go together", errUsage)
	}
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	if *needsPerson {
		return listTasks(ctx, store, os.Stdout, *asJSON)
	}
	listed, err := store.Items(ctx, item.Filter{State: item.State(*state)})
	if err != nil {
		return err
	}
	if *asJSON {
		out := json.NewEncoder(os.Stdout)
		for _, l := range listed {
			if err := out.Encode(lineOf(l)); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
		return nil
	}
	return printItems(os.Stdout, listed)
}

// itemLine is an Item in a list, as --json prints it.
type itemLine struct {
	item.Card
	State       item.State `json:"state"`
	Cause       item.Cause `json:"cause,omitempty"`
	Incident    int        `json:"incident"`
	BrokenSince time.Time  `json:"broken_since,omitzero"`
	EndsAt      time.Time  `json:"ends_at,omitzero"`
}

func lineOf(l item.Listed) itemLine {
	return itemLine{Card: l.Card, State: l.State, Cause: l.Cause, Incident: l.Incident, BrokenSince: l.BrokenSince, EndsAt: l.EndsAt}
}

func printItems(w io.Writer, listed []item.Listed) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "BUSINESS\tBANK\tSTATE\tCAUSE\tSINCE\tENDS\tINCIDENT\tITEM")
	for _, l := range listed {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Card.BusinessName, l.Card.Institution, l.State, l.Cause,
			minute(l.BrokenSince), minute(l.EndsAt), l.Incident, l.Card.ID)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func showItem(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("items show", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print one JSON object")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("%w: items show takes one item_id, behind its flags", errUsage)
	}
	id := item.ID(flags.Arg(0))
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	card, life, err := store.Load(ctx, id)
	if err != nil {
		return err
	}
	moments, err := store.Timeline(ctx, id)
	if err != nil {
		return err
	}
	line := lineOf(item.Listed{Card: card, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince, EndsAt: life.Ending.At})
	if *asJSON {
		err := json.NewEncoder(os.Stdout).Encode(struct {
			itemLine
			Moments []item.Moment `json:"moments"`
		}{line, moments})
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	}
	fmt.Printf("%s\n%s, incident %d", card.Name(), life.State, life.Incident)
	if life.Cause != "" {
		fmt.Printf(" (%s), since %s", life.Cause, life.BrokenSince.Format("2006-01-02 15:04:05 MST"))
	}
	if !line.EndsAt.IsZero() {
		fmt.Printf(", works until %s", line.EndsAt.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	fmt.Printf("\nmerchant %s, partner %s, environment %s\n\n", card.MerchantID, orNone(card.Partner), card.Environment)
	for _, m := range moments {
		fmt.Printf("%s  %-22s %-10s %s\n", m.At.UTC().Format("2006-01-02 15:04:05.000"), m.What, m.Ref, m.Data)
	}
	return nil
}

// minute is a moment in a table; empty for none.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 MST")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
