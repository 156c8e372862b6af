package people

import (
	"cmp"
	"context"
	"fmt"
	"net/mail"
	"strings"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/mailing"
)

func (d Deps) mailsSuppress() *cobra.Command {
	var why string
	c := &cobra.Command{
		Use:     "suppress ADDRESS",
		Short:   "Stop all mails to an address",
		Example: `  relink mails suppress ada@example.com --why "asked by phone"`,
		Args:    oneAddress,
		RunE: func(c *cobra.Command, args []string) error {
			if why = strings.TrimSpace(why); why == "" {
				return cli.WrongUsage("mails suppress wants --why")
			}
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			return d.suppress(c.Context(), records, args[0], why)
		},
	}
	c.Flags().StringVar(&why, "why", "", "what for; it stays in the Items' timelines, so name nobody")
	d.Terminal.ActFlags(c.Flags())
	return c
}

func (d Deps) mailsUnsuppress() *cobra.Command {
	c := &cobra.Command{
		Use:     "unsuppress ADDRESS",
		Short:   "Allow mails to an address again, for every reason it was stopped for",
		Example: "  relink mails unsuppress ada@example.com",
		Args:    oneAddress,
		RunE: func(c *cobra.Command, args []string) error {
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			return d.unsuppress(c.Context(), records, args[0])
		},
	}
	d.Terminal.ActFlags(c.Flags())
	return c
}

// oneAddress is for commands that take one mail address, and no name beside it.
func oneAddress(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return cli.WrongUsage("%s takes one address", cli.Words(c))
	}
	if len(args) == 1 {
		if parsed, err := mail.ParseAddress(args[0]); err == nil && parsed.Address == args[0] {
			return nil
		}
	}
	return cli.WrongUsage("%s wants an address, name@example.com", cli.Words(c))
}

func (d Deps) suppress(ctx context.Context, list Suppressions, address, why string) error {
	suppressed, merchants, err := list.Suppress(ctx, address, why, d.Terminal.Actor, d.Now())
	if err != nil {
		return err
	}
	sentence := "nothing more is mailed to %s (%s)"
	if !suppressed {
		sentence = "%s was stopped by a person already (%s)"
	}
	result := map[string]any{"address": address, "suppressed": suppressed, "merchants": merchants}
	return d.Terminal.Result(result, sentence, address, owners(merchants))
}

func (d Deps) unsuppress(ctx context.Context, list Suppressions, address string) error {
	ended, merchants, err := list.Unsuppress(ctx, address, d.Terminal.Actor, d.Now())
	if err != nil {
		return err
	}
	if ended > 0 || d.Terminal.JSON {
		err = d.Terminal.Result(map[string]any{"address": address, "ended": ended, "merchants": merchants},
			"%s may be mailed again (%s); Items that wait plan again within seconds", address, owners(merchants))
	}
	if err == nil && ended == 0 {
		err = fmt.Errorf("mails to %s are not stopped; mails suppressed lists what is", address)
	}
	return err
}

// owners names the merchants that have an address.
func owners(merchants []string) string {
	if len(merchants) == 0 {
		return "no merchant has it now"
	}
	return "of " + strings.Join(merchants, ", ")
}

func (d Deps) mailsSuppressed() *cobra.Command {
	c := &cobra.Command{
		Use:     "suppressed",
		Short:   "List the addresses that nobody may mail, and why",
		Example: "  relink mails suppressed",
		Args:    cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			all, err := records.Suppressions(c.Context())
			if err != nil {
				return err
			}
			header := []string{"ADDRESS", "MERCHANTS", "REASON", "SINCE", "BY", "WHY"}
			return cli.List(d.Terminal, all, header, func(s mailing.Suppression) []string {
				return []string{
					cmp.Or(s.Address, "(nobody's now)"), cmp.Or(strings.Join(s.Merchants, ","), "-"),
					string(s.Reason), minute(s.Since), s.By, s.Why,
				}
			})
		},
	}
	d.Terminal.JSONFlag(c.Flags(), "print one JSON object per address and reason")
	return c
}
