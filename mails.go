package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"relink/internal/item"
)

// mailStops is where pauses of mails are; postgres.Store is one.
type mailStops interface {
	PauseMails(ctx context.Context, p item.MailPause) (paused bool, err error)
	ResumeMails(ctx context.Context, scope item.PauseScope, key, by string) (ended int, err error)
	Pauses(ctx context.Context) ([]item.MailPause, error)
}

// mailsUsage names all that there is behind "mails".
const mailsUsage = "pause, resume, pauses, suppress, unsuppress or suppressed"

// mailsLine is what the command line asks for.
type mailsLine struct {
	shell
	verb  string
	scope item.PauseScope
	key   string // of the scope; of suppress and unsuppress the address
	why   string
}

func runMails(ctx context.Context, args []string) error {
	l, err := parseMails(newShell(), args)
	if err != nil {
		return err
	}
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	switch l.verb {
	case "pause":
		return l.pause(ctx, store)
	case "pauses":
		return l.list(ctx, store)
	case "suppressed":
		return l.suppressed(ctx, store)
	case "suppress":
		return l.suppress(ctx, store)
	case "unsuppress":
		return l.unsuppress(ctx, store)
	}
	h, closeHand, err := openHand()
	if err != nil {
		return err
	}
	defer closeHand()
	return l.resume(ctx, store, h)
}

// parseMails reads the words behind "mails".
func parseMails(s shell, args []string) (mailsLine, error) {
	l := mailsLine{shell: s}
	if len(args) == 0 {
		return l, fmt.Errorf("%w: mails wants %s", errUsage, mailsUsage)
	}
	l.verb = args[0]
	if strings.Contains(l.verb, "suppress") {
		return parseSuppress(l, args[1:])
	}
	flags := flag.NewFlagSet("mails "+l.verb, flag.ContinueOnError)
	all := false
	given := map[item.PauseScope]*string{}
	switch l.verb {
	case "pauses":
		flags.BoolVar(&l.asJSON, "json", false, "print one JSON object per pause")
	case "pause", "resume":
		l.flags(flags)
		flags.BoolVar(&all, "all", false, "everybody's mails")
		for _, scope := range []item.PauseScope{item.PauseInstitution, item.PausePartner, item.PauseMerchant} {
			given[scope] = flags.String(string(scope), "", "mails of this "+string(scope)+" alone")
		}
		if l.verb == "pause" {
			flags.StringVar(&l.why, "why", "", "what for; it is shown wherever a mail waits")
		}
	default:
		return l, fmt.Errorf("%w: mails has no %q; it has %s", errUsage, l.verb, mailsUsage)
	}
	if err := parse(flags, args[1:]); err != nil {
		return l, err
	}
	if l.verb == "pauses" {
		return l, nil
	}
	ways := 0
	if all {
		l.scope, ways = item.PauseAll, 1
	}
	for scope, key := range given {
		if *key != "" {
			l.scope, l.key = scope, *key
			ways++
		}
	}
	l.why = strings.TrimSpace(l.why)
	switch {
	case ways != 1:
		return l, fmt.Errorf("%w: mails %s wants one of --all, --institution, --partner, --merchant", errUsage, l.verb)
	case strings.ContainsAny(l.key, unwritable):
		return l, fmt.Errorf("%w: Items cannot be looked for by %q", errUsage, l.key)
	case l.verb == "pause" && l.why == "":
		return l, fmt.Errorf("%w: mails pause wants --why: it is shown wherever a mail waits", errUsage)
	}
	return l, nil
}

// whose names a scope: "everybody", "institution ins_3".
func whose(scope item.PauseScope, key string) string {
	if scope == item.PauseAll {
		return "everybody"
	}
	return string(scope) + " " + key
}

func (l mailsLine) pause(ctx context.Context, store mailStops) error {
	if l.scope == item.PauseAll {
		agreed, err := l.agree("this stops the mails of everybody", "pause them")
		if err != nil || !agreed {
			return err
		}
	}
	paused, err := store.PauseMails(ctx, item.MailPause{Scope: l.scope, Key: l.key, Why: l.why, By: l.by})
	if err != nil {
		return err
	}
	if l.asJSON {
		return l.printJSON(map[string]any{"scope": l.scope, "key": l.key, "paused": paused})
	}
	if !paused {
		return l.say("mails of %s are paused already; that pause stays as it is", whose(l.scope, l.key))
	}
	return l.say("mails of %s are paused", whose(l.scope, l.key))
}

// waiting are the Items that wait for their merchants.
const waiting = "RelinkState IN ('login_required', 'revoked', 'expiring')"

// searchAttributes are what the Items of a scope are found by.
var searchAttributes = map[item.PauseScope]string{
	item.PauseInstitution: "RelinkInstitution", item.PausePartner: "RelinkPartner", item.PauseMerchant: "RelinkMerchant",
}

// waitingIn is the query for the Items of a scope that wait.
func waitingIn(scope item.PauseScope, key string) string {
	if scope == item.PauseAll {
		return waiting
	}
	return waiting + " AND " + searchAttributes[scope] + " = " + quoted(key)
}

// quoted is a text as Temporal's queries write it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// unwritable characters find nothing, however they are written: not every store of Temporal's visibility reads them alike.
const unwritable = "\\\"\n\r\t"

// resumed is what became of a release of mails.
type resumed struct {
	Scope item.PauseScope `json:"scope"`
	Key   string          `json:"key,omitempty"`
	Ended int             `json:"pauses_ended"`
	tally
}

// resume ends the pauses of a scope and has its Items go on. Their mails leave at the pace of the mail queue.
func (l mailsLine) resume(ctx context.Context, store mailStops, h hand) error {
	held, err := l.held(ctx, store)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		return fmt.Errorf("mails of %s are not paused; mails pauses lists what is", whose(l.scope, l.key))
	}
	query := waitingIn(l.scope, l.key)
	matched, err := count(ctx, h, query)
	if err != nil {
		return err
	}
	found := fmt.Sprintf("mails of %s are paused (%s) and %s",
		whose(l.scope, l.key), strings.Join(held, "; "), waits(matched))
	agreed, err := l.agree(found, "resume them")
	if err != nil || !agreed {
		return err
	}
	done := resumed{Scope: l.scope, Key: l.key}
	if done.Ended, err = store.ResumeMails(ctx, l.scope, l.key, l.by); err != nil {
		return err
	}
	done.tally, err = l.orderAll(ctx, h, query, matched, item.Order{Do: item.Release, By: l.by})
	if err != nil {
		return fmt.Errorf("the pause has ended, and Items look again within minutes by themselves; they could not be told: %w", err)
	}
	if l.asJSON {
		err = l.printJSON(done)
	} else {
		err = l.say("mails of %s go out again; %d of %d have the order to resume", whose(l.scope, l.key), done.Reached, done.Matched)
	}
	if err != nil {
		return err
	}
	return done.missed()
}

func waits(n int64) string {
	if n == 1 {
		return "1 Item waits"
	}
	return items(n) + " wait"
}

// held answers why the mails of the scope are paused, once per pause.
func (l mailsLine) held(ctx context.Context, store mailStops) (why []string, err error) {
	pauses, err := store.Pauses(ctx)
	for _, p := range pauses {
		if p.Scope == l.scope && p.Key == l.key {
			why = append(why, p.Why)
		}
	}
	return why, err
}

func (l mailsLine) list(ctx context.Context, store mailStops) error {
	pauses, err := store.Pauses(ctx)
	if err != nil {
		return err
	}
	if l.asJSON {
		for _, p := range pauses {
			if err := l.printJSON(p); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "SCOPE\tWHICH\tMAILS\tSINCE\tBY\tWHY")
	for _, p := range pauses {
		mails := "all"
		if p.FirstMails {
			mails = "first ones"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Scope, cmp.Or(p.Key, "everybody"), mails, minute(p.Since), p.By, p.Why)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
