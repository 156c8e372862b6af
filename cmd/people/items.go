package people

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/readmodel"
)

func (d Deps) items() *cobra.Command {
	c := &cobra.Command{
		Use:   "items",
		Short: "List Items, show one with its timeline, or give orders to one or many",
		Example: `  relink items list --state login_required
  relink items show ITEM_ID
  relink items remind --query "RelinkState = 'login_required' AND RelinkPartner = 'acme'"`,
	}
	children := []*cobra.Command{d.itemsList(), d.itemsShow()}
	for _, v := range itemVerbs {
		children = append(children, d.itemsVerb(v))
	}
	return cli.Group(c, children...)
}

func (d Deps) itemsList() *cobra.Command {
	var state string
	var needsPerson bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List Items, or what needs a person",
		Long:  "List Items: those that wait for their merchants first, longest broken before the others.",
		Example: `  relink items list
  relink items list --state expiring --json
  relink items list --needs-person`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if state != "" && !slices.Contains(item.States(), item.State(state)) {
				return cli.WrongUsage("there is no state %q", state)
			}
			if state != "" && needsPerson {
				return cli.WrongUsage("--state and --needs-person do not go together")
			}
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			if needsPerson {
				return d.listTasks(c.Context(), records)
			}
			return d.listItems(c.Context(), records, readmodel.Filter{State: item.State(state)})
		},
	}
	c.Flags().StringVar(&state, "state", "", "only Items in this `state`: connected, expiring, login_required, revoked, removed")
	c.Flags().BoolVar(&needsPerson, "needs-person", false, "only open tasks, with their Items: what needs a person")
	d.Terminal.JSONFlag(c.Flags(), "print one JSON object per Item, or per task")
	return c
}

// itemLine is an Item in a list, as --json prints it.
type itemLine struct {
	item.Ref
	State       item.State `json:"state"`
	Cause       item.Cause `json:"cause,omitempty"`
	Incident    int        `json:"incident"`
	BrokenSince time.Time  `json:"broken_since,omitzero"`
	EndsAt      time.Time  `json:"ends_at,omitzero"`
}

func lineOf(l readmodel.Listed) itemLine {
	return itemLine{Ref: l.Item, State: l.State, Cause: l.Cause, Incident: l.Incident, BrokenSince: l.BrokenSince, EndsAt: l.EndsAt}
}

func (d Deps) listItems(ctx context.Context, records Items, f readmodel.Filter) error {
	listed, err := records.Items(ctx, f)
	if err != nil {
		return err
	}
	lines := make([]itemLine, len(listed))
	for i, l := range listed {
		lines[i] = lineOf(l)
	}
	header := []string{"BUSINESS", "BANK", "STATE", "CAUSE", "SINCE", "ENDS", "INCIDENT", "ITEM"}
	return cli.List(d.Terminal, lines, header, func(l itemLine) []string {
		return []string{
			l.BusinessName, l.Institution, string(l.State), string(l.Cause),
			minute(l.BrokenSince), minute(l.EndsAt), fmt.Sprint(l.Incident), string(l.ID),
		}
	})
}
