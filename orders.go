package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"relink/internal/item"
	"relink/internal/policy"
)

// orders are the verbs of relink items that give an order, each with its question to a person.
var orders = map[string]string{
	string(item.Recheck):  "ask Plaid about them",
	string(item.Remind):   "remind them",
	string(item.Snooze):   "snooze them",
	string(item.Pause):    "pause them",
	string(item.Resume):   "resume them",
	string(item.RemoveIt): "remove them at Plaid, for good",
}

// orderLine is what the command line asks for.
type orderLine struct {
	shell
	order item.Order
	ids   []item.ID
	query string
	all   bool // recheck: the walk over all Items
}

func orderItems(ctx context.Context, args []string) error {
	l, err := parseOrder(newShell(), args, time.Now())
	if err != nil {
		return err
	}
	h, closeHand, err := openHand()
	if err != nil {
		return err
	}
	defer closeHand()
	return l.run(ctx, h)
}

// parseOrder reads the words behind "items", of which the first is one of orders.
func parseOrder(s shell, args []string, now time.Time) (orderLine, error) {
	l := orderLine{shell: s, order: item.Order{Do: item.Act(args[0])}}
	flags := flag.NewFlagSet("items "+args[0], flag.ContinueOnError)
	l.flags(flags)
	flags.StringVar(&l.query, "query", "", `the Items that match, in Temporal's language: "RelinkState = 'login_required' AND RelinkPartner = 'acme'"`)
	switch l.order.Do {
	case item.Snooze:
		flags.Func("until", "no mail before this `time`: 2026-12-01T09:00:00Z, or 12h, 3d from now", func(text string) (err error) {
			l.order.Until, err = later(text, now)
			return err
		})
	case item.Recheck:
		flags.BoolVar(&l.all, "all", false, "hold every Item against Plaid's word now, as the schedule does")
	case item.Remind, item.Pause, item.Resume, item.Release, item.Replan, item.RemoveIt:
	}
	words, err := parseMixed(flags, args[1:])
	if err != nil {
		return l, err
	}
	for _, id := range words {
		l.ids = append(l.ids, item.ID(id))
	}
	l.order.By = l.by
	return l, l.check()
}

func (l orderLine) check() error {
	ways := 0
	for _, given := range []bool{len(l.ids) > 0, l.query != "", l.all} {
		if given {
			ways++
		}
	}
	which := "item_ids or --query"
	if l.order.Do == item.Recheck {
		which = "item_ids, --query or --all"
	}
	switch wrong := l.order.Wrong(); {
	case ways == 0:
		return fmt.Errorf("%w: items %s wants %s", errUsage, l.order.Do, which)
	case ways > 1:
		return fmt.Errorf("%w: items %s takes one of %s", errUsage, l.order.Do, which)
	case l.order.Do == item.Snooze && wrong != "":
		return fmt.Errorf("%w: items snooze wants --until", errUsage)
	case wrong != "":
		return fmt.Errorf("%w: %s", errUsage, wrong)
	}
	return nil
}

// later reads a moment that is still to come: a time, or how long from now.
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

func (l orderLine) run(ctx context.Context, h hand) error {
	switch {
	case l.all:
		return l.walk(ctx, h)
	case l.query != "":
		return l.toMany(ctx, h)
	}
	return l.toEach(ctx, h)
}

func (l orderLine) walk(ctx context.Context, h hand) error {
	if err := h.ReconcileNow(ctx); err != nil {
		return err
	}
	if l.asJSON {
		return l.printJSON(map[string]bool{"walk": true})
	}
	return l.say("a walk over all Items has begun, unless one was under way; its workflow in the Temporal UI says what it finds")
}

// toMany counts first, and acts once that number was agreed to.
func (l orderLine) toMany(ctx context.Context, h hand) error {
	matched, err := count(ctx, h, l.query)
	if err != nil {
		return err
	}
	if matched > 0 {
		agreed, err := l.agree(match(matched), orders[string(l.order.Do)])
		if err != nil || !agreed {
			return err
		}
	}
	t, err := l.orderAll(ctx, h, l.query, matched, l.order)
	if err != nil {
		return err
	}
	if l.asJSON {
		err = l.printJSON(t)
	} else {
		err = l.say("%d of %d have the order to %s", t.Reached, t.Matched, l.order.Do)
	}
	if err != nil {
		return err
	}
	return t.missed()
}

func match(n int64) string {
	if n == 1 {
		return "1 Item matches"
	}
	return items(n) + " match"
}

// toEach hands the order to Items by their ids: each gets it, whatever became of the one before.
func (l orderLine) toEach(ctx context.Context, h hand) error {
	n := int64(len(l.ids))
	if l.order.Do == item.RemoveIt {
		agreed, err := l.agree(items(n)+" named", orders[string(l.order.Do)])
		if err != nil || !agreed {
			return err
		}
	}
	t := tally{Do: l.order.Do, Matched: n}
	for _, id := range l.ids {
		if err := h.Order(ctx, id, l.order); err != nil {
			t.Missed++
			_, _ = fmt.Fprintf(l.ask, "%s: %v\n", id, err)
			continue
		}
		t.Reached++
	}
	var err error
	if l.asJSON {
		err = l.printJSON(t)
	} else {
		err = l.say("%d of %d have the order to %s", t.Reached, t.Matched, l.order.Do)
	}
	if err != nil {
		return err
	}
	return t.missed()
}
