package people

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/mailing"
)

func (d Deps) mails() *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "mails",
		Short: "Pause mails, release them, stop an address, or list what is stopped",
		Example: `  relink mails pause --institution ins_109508 --why "their outage, see their status page"
  relink mails resume --institution ins_109508
  relink mails suppress ada@example.com --why "asked by phone"`,
	}, d.mailsPause(), d.mailsResume(), d.mailsPauses(), d.mailsSuppress(), d.mailsUnsuppress(), d.mailsSuppressed())
}

// mailsScope is the part of all mails that a command is about.
type mailsScope struct {
	scope mailing.PauseScope
	key   string // the institution, partner or merchant; empty for everybody
}

// scopeFlags adds the flags of a scope. It returns the function that reads them.
func scopeFlags(c *cobra.Command) func() (mailsScope, error) {
	all := c.Flags().Bool("all", false, "everybody's mails")
	given := map[mailing.PauseScope]*string{}
	for _, scope := range []mailing.PauseScope{mailing.PauseInstitution, mailing.PausePartner, mailing.PauseMerchant} {
		given[scope] = c.Flags().String(string(scope), "", "mails of this `"+string(scope)+"` alone")
	}
	return func() (s mailsScope, err error) {
		ways := 0
		if *all {
			s.scope, ways = mailing.PauseAll, 1
		}
		for scope, key := range given {
			if *key != "" {
				s = mailsScope{scope, *key}
				ways++
			}
		}
		switch {
		case ways != 1:
			return s, cli.WrongUsage("%s wants one of --all, --institution, --partner, --merchant", cli.Words(c))
		case strings.ContainsAny(s.key, unwritable):
			return s, cli.WrongUsage("Items cannot be looked for by %q", s.key)
		}
		return s, nil
	}
}

// String names a scope: "everybody", "institution ins_3".
func (s mailsScope) String() string {
	if s.scope == mailing.PauseAll {
		return "everybody"
	}
	return string(s.scope) + " " + s.key
}

// waiting is the query for the Items that wait for their merchants.
const waiting = "RelinkState IN ('login_required', 'revoked', 'expiring')"

// searchAttributes are the search attributes by which the Items of a scope are found.
var searchAttributes = map[mailing.PauseScope]string{
	mailing.PauseInstitution: "RelinkInstitution", mailing.PausePartner: "RelinkPartner", mailing.PauseMerchant: "RelinkMerchant",
}

// waitingItems returns the query for the Items of the scope that wait.
func (s mailsScope) waitingItems() string {
	if s.scope == mailing.PauseAll {
		return waiting
	}
	return waiting + " AND " + searchAttributes[s.scope] + " = '" + strings.ReplaceAll(s.key, "'", "''") + "'"
}

// unwritable are the characters that cannot be part of a query: the stores of Temporal's visibility escape them
// differently.
const unwritable = "\\\"\n\r\t"

func (d Deps) mailsPause() *cobra.Command {
	var why string
	c := &cobra.Command{
		Use:   "pause",
		Short: "Hold the mails of everybody, of a bank, a partner or a merchant",
		Example: `  relink mails pause --institution ins_109508 --why "their outage, see their status page"
  relink mails pause --all --why "wrong sender in our mails"`,
		Args: cli.NoArgs,
	}
	scopeOf := scopeFlags(c)
	c.Flags().StringVar(&why, "why", "", "what for; it is shown wherever a mail waits")
	d.Terminal.ActFlags(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		scope, err := scopeOf()
		if err != nil {
			return err
		}
		if why = strings.TrimSpace(why); why == "" {
			return cli.WrongUsage("mails pause wants --why: it is shown wherever a mail waits")
		}
		records, err := d.Backend.Records(c.Context())
		if err != nil {
			return err
		}
		return d.pauseMails(c.Context(), records, scope, why)
	}
	return c
}

func (d Deps) pauseMails(ctx context.Context, pauses Pauses, s mailsScope, why string) error {
	if s.scope == mailing.PauseAll {
		agreed, err := d.Terminal.Confirm("this stops the mails of everybody", "pause them")
		if err != nil || !agreed {
			return err
		}
	}
	paused, err := pauses.PauseMails(ctx, mailing.Pause{Scope: s.scope, Key: s.key, Why: why, By: d.Terminal.Actor})
	if err != nil {
		return err
	}
	sentence := "mails of %s are paused"
	if !paused {
		sentence = "mails of %s are paused already; that pause stays as it is"
	}
	return d.Terminal.Result(map[string]any{"scope": s.scope, "key": s.key, "paused": paused}, sentence, s)
}

func (d Deps) mailsResume() *cobra.Command {
	c := &cobra.Command{
		Use:   "resume",
		Short: "End the pause of a scope, and let its Items go on",
		Long: "End the pause of a scope, and let its Items go on. It shows why mails are paused and how many Items wait, and\n" +
			"asks. The mails then leave at the pace of the mail queue.",
		Example: "  relink mails resume --institution ins_109508",
		Args:    cli.NoArgs,
	}
	scopeOf := scopeFlags(c)
	d.Terminal.ActFlags(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		scope, err := scopeOf()
		if err != nil {
			return err
		}
		records, err := d.Backend.Records(c.Context())
		if err != nil {
			return err
		}
		commander, err := d.Backend.Commander(c.Context())
		if err != nil {
			return err
		}
		return d.resumeMails(c.Context(), records, commander, scope)
	}
	return c
}

// mailsResumed is the result of a resumption of mails.
type mailsResumed struct {
	Scope mailing.PauseScope `json:"scope"`
	Key   string             `json:"key,omitempty"`
	Ended int                `json:"pauses_ended"`
	tally
}

// resumeMails ends the pauses of a scope first, and then releases its Items: an Item that is released while mails are
// still paused would be held again.
func (d Deps) resumeMails(ctx context.Context, pauses Pauses, commander Commander, s mailsScope) error {
	reasons, err := pausedBecause(ctx, pauses, s)
	if err != nil {
		return err
	}
	if len(reasons) == 0 {
		return fmt.Errorf("mails of %s are not paused; mails pauses lists what is", s)
	}
	query := s.waitingItems()
	matched, err := count(ctx, commander, query)
	if err != nil {
		return err
	}
	found := fmt.Sprintf("mails of %s are paused (%s) and %s", s, strings.Join(reasons, "; "), counted(matched, "Item waits", "Items wait"))
	agreed, err := d.Terminal.Confirm(found, "resume them")
	if err != nil || !agreed {
		return err
	}
	done := mailsResumed{Scope: s.scope, Key: s.key}
	if done.Ended, err = pauses.ResumeMails(ctx, s.scope, s.key, d.Terminal.Actor); err != nil {
		return err
	}
	done.tally, err = d.commandAll(ctx, commander, query, matched, item.OperatorCommand{Do: item.Release, By: d.Terminal.Actor})
	if err != nil {
		return fmt.Errorf("the pause has ended, and Items go on by themselves within minutes; they could not be released at once: %w", err)
	}
	err = d.Terminal.Result(done, "mails of %s go out again; %d of %d have the order to resume", s, done.Reached, done.Matched)
	if err != nil {
		return err
	}
	return done.missed()
}

// pausedBecause returns why the mails of the scope are paused, once per pause.
func pausedBecause(ctx context.Context, pauses Pauses, s mailsScope) (reasons []string, err error) {
	all, err := pauses.Pauses(ctx)
	for _, p := range all {
		if p.Scope == s.scope && p.Key == s.key {
			reasons = append(reasons, p.Why)
		}
	}
	return reasons, err
}

func (d Deps) mailsPauses() *cobra.Command {
	c := &cobra.Command{
		Use:     "pauses",
		Short:   "List the pauses of mails",
		Example: "  relink mails pauses --json",
		Args:    cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			pauses, err := records.Pauses(c.Context())
			if err != nil {
				return err
			}
			header := []string{"SCOPE", "WHICH", "MAILS", "SINCE", "BY", "WHY"}
			return cli.List(d.Terminal, pauses, header, func(p mailing.Pause) []string {
				mails := "all"
				if p.FirstMails {
					mails = "first ones"
				}
				return []string{string(p.Scope), cmp.Or(p.Key, "everybody"), mails, minute(p.Since), p.By, p.Why}
			})
		},
	}
	d.Terminal.JSONFlag(c.Flags(), "print one JSON object per pause")
	return c
}
