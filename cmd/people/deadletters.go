package people

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"relink/cmd/internal/cli"
	"relink/internal/inbox"
)

func (d Deps) deadLetters() *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "deadletters",
		Short: "List, show, replay or discard webhooks that only a person can help",
		Example: `  relink deadletters list
  relink deadletters replay --reason "too big"`,
	}, d.deadLettersList(), d.deadLettersShow(), d.deadLettersReplay(), d.deadLettersDiscard())
}

// filterFlags adds the flags that choose dead letters.
func filterFlags(flags *pflag.FlagSet, f *inbox.DeadFilter) {
	flags.StringVar(&f.Code, "code", "", "only this `code`, such as ITEM/ERROR")
	flags.StringVar((*string)(&f.ItemID), "item", "", "only this `item_id`")
	flags.StringVar(&f.Reason, "reason", "", "only where the reason holds this `text`")
	flags.Func("before", "only received before this `time` (2026-11-22, or 2026-11-22T12:00:00Z)", instant(&f.Before))
	flags.Func("after", "only received after this `time`", instant(&f.After))
}

// instant returns a function that reads a time with a date, or a date alone.
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

func (d Deps) deadLettersList() *cobra.Command {
	var filter inbox.DeadFilter
	c := &cobra.Command{
		Use:   "list",
		Short: "List dead letters, all or those that a filter chooses",
		Example: `  relink deadletters list
  relink deadletters list --code ITEM/ERROR --after 2026-11-22 --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.WrongUsage("deadletters list takes no ids; show does")
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if filter.Limit < 1 {
				return cli.WrongUsage("--limit %d is not above 0", filter.Limit)
			}
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			return d.listDeadLetters(c.Context(), records, filter)
		},
	}
	filterFlags(c.Flags(), &filter)
	c.Flags().IntVar(&filter.Limit, "limit", 100, "most dead letters listed")
	d.Terminal.JSONFlag(c.Flags(), "print one JSON object per dead letter")
	return c
}

func (d Deps) listDeadLetters(ctx context.Context, store DeadLetters, filter inbox.DeadFilter) error {
	dead, total, err := store.DeadLetters(ctx, filter)
	if err != nil {
		return err
	}
	header := []string{"ID", "RECEIVED", "CODE", "ITEM", "ATTEMPTS", "REPLAYS", "REASON"}
	err = cli.List(d.Terminal, dead, header, func(l inbox.DeadLetter) []string {
		return []string{
			fmt.Sprint(l.InboxID), minute(l.ReceivedAt), l.Code, cmp.Or(string(l.ItemID), "none"),
			fmt.Sprint(l.Attempts), fmt.Sprint(l.Replays), l.Reason,
		}
	})
	if err == nil && total > len(dead) && !d.Terminal.JSON {
		d.Terminal.Note("%d of %d dead letters; --before, --after and --limit show others", len(dead), total)
	}
	return err
}

func (d Deps) deadLettersShow() *cobra.Command {
	c := &cobra.Command{
		Use:     "show ID",
		Short:   "Show one dead letter with its body",
		Example: "  relink deadletters show 17",
		Args:    cli.OneArg("one id"),
		RunE: func(c *cobra.Command, args []string) error {
			ids, err := numbers(args, "dead letter")
			if err != nil {
				return err
			}
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			return d.showDeadLetter(c.Context(), records, ids[0])
		},
	}
	d.Terminal.JSONFlag(c.Flags(), "print one JSON object")
	return c
}

func (d Deps) showDeadLetter(ctx context.Context, store DeadLetters, id int64) error {
	l, err := store.DeadLetter(ctx, id)
	if err != nil {
		return err
	}
	if d.Terminal.JSON {
		return d.Terminal.PrintJSON(l)
	}
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }
	for _, line := range []string{
		fmt.Sprintf("%d  %s from %s", l.InboxID, l.Code, l.Source),
		"item      " + cmp.Or(string(l.ItemID), "none"),
		"reason    " + l.Reason,
		"received  " + at(l.ReceivedAt),
		"dead      " + at(l.EndedAt),
		fmt.Sprintf("attempts  %d, repeats %d, replays %d", l.Attempts, l.Repeats, l.Replays),
		"trace     " + cmp.Or(l.Trace, "none"),
		"body      " + cmp.Or(string(l.Body), "none"),
	} {
		if err := d.Terminal.Say("%s", line); err != nil {
			return err
		}
	}
	return nil
}

// deadOrder is what a person wants done with dead letters, as the command line gives it.
type deadOrder struct {
	Deps
	verb, done string // "replay", "replayed"
	filter     inbox.DeadFilter
	all        bool
	why        string
}

func (d Deps) deadLettersReplay() *cobra.Command {
	o := &deadOrder{Deps: d, verb: "replay", done: "replayed"}
	c := o.command("Send dead letters on their way again", `  relink deadletters replay 17 18
  relink deadletters replay --reason "too big"`)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.read(args); err != nil {
			return err
		}
		store, err := d.Backend.Replayer(c.Context())
		if err != nil {
			return err
		}
		return o.give(c.Context(), store, store.Replay)
	}
	return c
}

func (d Deps) deadLettersDiscard() *cobra.Command {
	o := &deadOrder{Deps: d, verb: "discard", done: "discarded"}
	c := o.command("End dead letters; nothing can undo it", `  relink deadletters discard 17 --why "a test delivery"
  relink deadletters discard --before 2026-11-01 --why "older than the last outage"`)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.read(args); err != nil {
			return err
		}
		if strings.TrimSpace(o.why) == "" {
			return cli.WrongUsage("deadletters discard wants --why: it stays in the Item's audit")
		}
		store, err := d.Backend.Records(c.Context())
		if err != nil {
			return err
		}
		return o.give(c.Context(), store, store.Discard)
	}
	return c
}

func (o *deadOrder) command(short, example string) *cobra.Command {
	c := &cobra.Command{
		Use:   o.verb + " [ID...]",
		Short: short,
		Long: short + ".\n\nThey are named by their ids, or chosen by a filter. What a filter chooses is counted first, and the order is\n" +
			"given once that number was agreed to.",
		Example: example,
	}
	filterFlags(c.Flags(), &o.filter)
	c.Flags().BoolVar(&o.all, "all", false, "every dead letter there is")
	c.Flags().StringVar(&o.why, "why", "", "what for; it stays in the Item's audit, so no names")
	o.Terminal.ActFlags(c.Flags())
	return c
}

// read reads the ids. It returns an error when ids and flags do not go together.
func (o *deadOrder) read(args []string) (err error) {
	filtered := !o.filter.All()
	if o.filter.IDs, err = numbers(args, "dead letter"); err != nil {
		return err
	}
	switch named := len(args) > 0; {
	case named && (o.all || filtered):
		return cli.WrongUsage("deadletters %s takes ids or a filter, not both", o.verb)
	case o.all && filtered:
		return cli.WrongUsage("--all and a filter do not go together")
	case !named && !o.all && !filtered:
		return cli.WrongUsage("deadletters %s wants ids, a filter, or --all", o.verb)
	}
	return nil
}

// give carries the order out. It counts what a filter chooses first, and acts on exactly the number that the person
// agreed to.
func (o *deadOrder) give(
	ctx context.Context, store DeadLetters, carryOut func(context.Context, inbox.DeadOrder) (inbox.DeadTally, error),
) error {
	order := inbox.DeadOrder{Filter: o.filter, Expect: -1, By: o.Terminal.Actor, Why: o.why}
	if len(o.filter.IDs) == 0 {
		_, total, err := store.DeadLetters(ctx, o.filter)
		if err != nil {
			return err
		}
		if total > 0 {
			agreed, err := o.Terminal.Confirm(counted(int64(total), "dead letter matches", "dead letters match"), o.verb+" them")
			if err != nil || !agreed {
				return err
			}
		}
		order.Expect = total
	}
	result, err := carryOut(ctx, order)
	if err != nil {
		return err
	}
	if err := o.report(result); err != nil {
		return err
	}
	if n := len(result.Still); n > 0 {
		return fmt.Errorf("%d of %d still dead", n, result.Matches)
	}
	return nil
}

func (o *deadOrder) report(result inbox.DeadTally) error {
	if o.Terminal.JSON {
		return o.Terminal.PrintJSON(result)
	}
	for _, s := range result.Still {
		if err := o.Terminal.Say("%d is dead still: %s", s.InboxID, s.Reason); err != nil {
			return err
		}
	}
	return o.Terminal.Say("%d of %d %s", result.Done, result.Matches, o.done)
}
