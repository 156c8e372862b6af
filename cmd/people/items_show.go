package people

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/describe"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/readmodel"
)

func (d Deps) itemsShow() *cobra.Command {
	c := &cobra.Command{
		Use:     "show ITEM_ID",
		Short:   "Show how an Item stands, what it waits for, and its timeline",
		Example: "  relink items show ITEM_ID\n  relink items show ITEM_ID --json",
		Args:    cli.OneArg("one item_id"),
		RunE: func(c *cobra.Command, args []string) error {
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			return d.showItem(c.Context(), records, item.ID(args[0]))
		},
	}
	d.Terminal.JSONFlag(c.Flags(), "print one JSON object")
	return c
}

func (d Deps) showItem(ctx context.Context, records Records, id item.ID) error {
	card, life, err := records.Load(ctx, id)
	if err != nil {
		return err
	}
	moments, err := records.Timeline(ctx, id)
	if err != nil {
		return err
	}
	if d.Terminal.JSON {
		return d.Terminal.PrintJSON(struct {
			itemLine
			Moments []readmodel.TimelineEntry `json:"moments"`
		}{lineOf(readmodel.Listed{
			Item: card, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince, EndsAt: life.Expiry.At,
		}), moments})
	}
	held, err := whatHolds(ctx, records, card, life.State)
	if err != nil {
		return err
	}
	lines := append([]string{card.Name()}, standing(life, d.Now())...)
	lines = append(lines, held...)
	lines = append(lines, "", fmt.Sprintf("Item %s, %s · merchant %s · partner %s · institution %s",
		card.ID, card.Environment, card.MerchantID, cmp.Or(card.Partner, "none"), cmp.Or(card.InstitutionID, "unknown")))
	for _, line := range append(lines, timelineOf(moments)...) {
		if err := d.Terminal.Say("%s", line); err != nil {
			return err
		}
	}
	return nil
}

// standing says how an Item stands and what it waits for.
func standing(life item.Life, now time.Time) []string {
	state := describe.State(life.State)
	if life.Cause != "" {
		state += ": " + describe.Cause(life.Cause)
	}
	if !life.BrokenSince.IsZero() {
		state += fmt.Sprintf(", since %s (%s)", describe.DayAndTime(life.BrokenSince, now), describe.Age(now.Sub(life.BrokenSince)))
	}
	if !life.Expiry.At.IsZero() {
		state += ". It works until " + describe.DayAndTime(life.Expiry.At, now)
	}
	waits := "It waits for " + describe.WaitsFor(life.State) + "."
	if life.State.NeedsMerchant() {
		waits += fmt.Sprintf(" Mails about it so far: %d.", life.Reminders)
	}
	return []string{state + ".", waits, "Incidents: " + describe.Lower(describe.Incidents(life.Incident, !life.BrokenSince.IsZero())) + "."}
}

// whatHolds says which pauses hold the Item's mails, and which tasks about it need a person.
func whatHolds(ctx context.Context, records Records, card item.Ref, state item.State) (lines []string, err error) {
	if state.NeedsMerchant() {
		pauses, err := records.Pauses(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range pauses {
			if concerns(p, card) {
				lines = append(lines, describe.Pause(p)+": "+p.Why+".")
			}
		}
	}
	tasks, _, err := records.NeedPerson(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if t.ItemID == card.ID {
			lines = append(lines, fmt.Sprintf("A person is needed: %s (%s; task %d).", describe.Lower(describe.Task(t.Kind)), t.Why, t.ID))
		}
	}
	return lines, nil
}

// concerns reports whether a pause holds the mails of an Item's merchant.
func concerns(p mailing.Pause, card item.Ref) bool {
	switch p.Scope {
	case mailing.PauseAll:
		return true
	case mailing.PauseInstitution:
		return p.Key == card.InstitutionID
	case mailing.PausePartner:
		return p.Key == card.Partner
	case mailing.PauseMerchant:
		return p.Key == card.MerchantID
	}
	return false
}

// timelineOf prints moments under their days, oldest first: the newest stands nearest to the prompt. Times are UTC.
func timelineOf(moments []readmodel.TimelineEntry) (lines []string) {
	today := ""
	for _, m := range moments {
		at := m.At.UTC()
		if date := at.Format("Monday, 2 January 2006"); date != today {
			today = date
			lines = append(lines, "", date)
		}
		e := describe.Moment(m)
		line := "  " + at.Format("15:04:05") + "  " + e.What
		if e.Detail != "" {
			line += ". " + e.Detail
		}
		lines = append(lines, line+"  ["+e.Ref+"]")
	}
	return lines
}
