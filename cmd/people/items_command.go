package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/policy"
)

// itemVerb is an operator command that people give with "relink items".
type itemVerb struct {
	do              item.Command
	short, question string
	example         string // of the words after the verb
}

var itemVerbs = []itemVerb{
	{item.Recheck, "Ask Plaid how Items are", "ask Plaid about them", "--all"},
	{item.Remind, "Send the next mail now, even in quiet hours or soon after another mail", "remind them", "ITEM_ID"},
	{item.Snooze, "Send no mail before a time", "snooze them", "ITEM_ID --until 3d"},
	{item.Pause, "Send no mail until the Items are resumed", "pause them", "ITEM_ID --by olga"},
	{item.Resume, "End pause, snooze and every other hold of mails", "resume them", "ITEM_ID"},
	{item.RemoveIt, "Remove Items at Plaid; nothing can undo it", "remove them at Plaid, which nothing can undo", "ITEM_ID"},
}

// exampleOfMany returns the example of a command to all Items that match.
func (v itemVerb) exampleOfMany() string {
	many := `--query "RelinkState = 'login_required' AND RelinkPartner = 'acme'"`
	if v.do == item.Snooze {
		many += " --until 2026-12-01T09:00:00Z"
	}
	return many
}

// itemsCommand is one operator command as the command line gives it.
type itemsCommand struct {
	Deps
	verb    itemVerb
	command item.OperatorCommand
	ids     []item.ID
	query   string
	all     bool // for recheck: the walk over all Items
}

func (d Deps) itemsVerb(v itemVerb) *cobra.Command {
	o := &itemsCommand{Deps: d, verb: v, command: item.OperatorCommand{Do: v.do}}
	c := &cobra.Command{
		Use:   string(v.do) + " [ITEM_ID...]",
		Short: v.short,
		Long: v.short + ".\n\nItems are named by their item_ids, or chosen by --query in Temporal's own language. What a query chooses is\n" +
			"counted first, and the order is given once that number was agreed to.",
		Example: fmt.Sprintf("  relink items %s %s\n  relink items %s %s", v.do, v.example, v.do, v.exampleOfMany()),
		RunE: func(c *cobra.Command, args []string) error {
			for _, id := range args {
				o.ids = append(o.ids, item.ID(id))
			}
			o.command.By = d.Terminal.Actor
			if err := o.check(); err != nil {
				return err
			}
			commander, err := d.Backend.Commander(c.Context())
			if err != nil {
				return err
			}
			return o.give(c.Context(), commander)
		},
	}
	d.Terminal.ActFlags(c.Flags())
	c.Flags().StringVar(&o.query, "query", "", "the Items that match this `query`, in Temporal's language")
	switch v.do { //nolint:exhaustive // the others have no flag of their own
	case item.Snooze:
		c.Flags().Func("until", "no mail before this `time`: 2026-12-01T09:00:00Z, or 12h, 3d from now", func(text string) (err error) {
			o.command.Until, err = later(text, d.Now())
			return err
		})
	case item.Recheck:
		c.Flags().BoolVar(&o.all, "all", false, "compare every Item with Plaid's answer now, as the schedule does")
	}
	return c
}

// check returns what is wrong with the command line.
func (o *itemsCommand) check() error {
	ways := 0
	for _, given := range []bool{len(o.ids) > 0, o.query != "", o.all} {
		if given {
			ways++
		}
	}
	which := "item_ids or --query"
	if o.command.Do == item.Recheck {
		which = "item_ids, --query or --all"
	}
	switch wrong := o.command.Wrong(); {
	case ways == 0:
		return cli.WrongUsage("items %s wants %s", o.command.Do, which)
	case ways > 1:
		return cli.WrongUsage("items %s takes one of %s", o.command.Do, which)
	case o.command.Do == item.Snooze && wrong != "":
		return cli.WrongUsage("items snooze wants --until")
	case wrong != "":
		return cli.WrongUsage("%s", wrong)
	}
	return nil
}

// later reads a time in the future: 2026-12-01T09:00:00Z, or a duration from now, such as 3d.
func later(text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		d, err := policy.ParseDuration(text)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-12-01T09:00:00Z nor a duration such as 12h or 3d", text)
		}
		at = now.Add(d)
	}
	if !at.After(now) {
		return time.Time{}, fmt.Errorf("%q is over", text)
	}
	return at.UTC().Truncate(time.Second), nil
}

func (o *itemsCommand) give(ctx context.Context, commander Commander) error {
	switch {
	case o.all:
		return o.walk(ctx, commander)
	case o.query != "":
		return o.toMany(ctx, commander)
	}
	return o.toEach(ctx, commander)
}

func (o *itemsCommand) walk(ctx context.Context, commander Commander) error {
	if err := commander.ReconcileNow(ctx); err != nil {
		return err
	}
	return o.Terminal.Result(map[string]bool{"walk": true},
		"a walk over all Items has begun, unless one was under way; its workflow in the Temporal UI says what it finds")
}

// toMany counts the Items that match, and sends the command once the person agreed to that number.
func (o *itemsCommand) toMany(ctx context.Context, commander Commander) error {
	matched, err := count(ctx, commander, o.query)
	if err != nil {
		return err
	}
	if matched > 0 {
		agreed, err := o.Terminal.Confirm(counted(matched, "Item matches", "Items match"), o.verb.question)
		if err != nil || !agreed {
			return err
		}
	}
	t, err := o.commandAll(ctx, commander, o.query, matched, o.command)
	if err != nil {
		return err
	}
	return o.report(t)
}

// toEach sends the command to Items by their ids. It goes on after an Item that cannot be reached.
func (o *itemsCommand) toEach(ctx context.Context, commander Commander) error {
	n := int64(len(o.ids))
	if o.command.Do == item.RemoveIt {
		agreed, err := o.Terminal.Confirm(counted(n, "Item named", "Items named"), o.verb.question)
		if err != nil || !agreed {
			return err
		}
	}
	t := tally{Do: o.command.Do, Matched: n}
	for _, id := range o.ids {
		if err := commander.Command(ctx, id, o.command); err != nil {
			t.Missed++
			o.Terminal.Note("%s: %v", id, err)
			continue
		}
		t.Reached++
	}
	return o.report(t)
}

func (o *itemsCommand) report(t tally) error {
	if err := o.Terminal.Result(t, "%d of %d have the order to %s", t.Reached, t.Matched, t.Do); err != nil {
		return err
	}
	return t.missed()
}

// tally is the result of a command to many Items.
type tally struct {
	Do      item.Command `json:"do"`
	Matched int64        `json:"matched"`
	Reached int64        `json:"reached"`
	Missed  int64        `json:"missed"`
}

// missed returns an error when not every Item was reached.
func (t tally) missed() error {
	if t.Missed > 0 {
		return fmt.Errorf("%s could not be reached", counted(t.Missed, "Item", "Items"))
	}
	return nil
}

// count returns how many Items match. A query that Temporal does not understand is wrong usage.
func count(ctx context.Context, commander Commander, matching string) (int64, error) {
	n, err := commander.Count(ctx, matching)
	if errors.Is(err, ErrBadQuery) {
		return 0, cli.WrongUsage("%w", err)
	}
	return n, err
}

// commandAll sends a command to all Items that match, and shows its progress.
func (d Deps) commandAll(
	ctx context.Context, commander Commander, matching string, matched int64, command item.OperatorCommand,
) (tally, error) {
	t := tally{Do: command.Do, Matched: matched}
	if matched == 0 {
		return t, nil
	}
	bar := d.Terminal.Progress(string(command.Do), matched)
	defer bar.End()
	var err error
	t.Reached, t.Missed, err = commander.CommandAll(ctx, matching, command, bar.Set)
	return t, err
}

// counted prints a number with its noun: "1 Item", "12 Items".
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
