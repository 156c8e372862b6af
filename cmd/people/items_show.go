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
	ref, life, err := records.Load(ctx, id)
	if err != nil {
		return err
	}
	entries, err := records.Timeline(ctx, id)
	if err != nil {
		return err
	}
	if d.Terminal.JSON {
		return d.Terminal.PrintJSON(struct {
			itemLine
			Entries []readmodel.TimelineEntry `json:"moments"`
		}{lineOf(readmodel.Listed{
			Item: ref, State: life.State, Cause: life.Cause, Incident: life.Incident, BrokenSince: life.BrokenSince, EndsAt: life.Expiry.At,
		}), entries})
	}
	held, err := whatHolds(ctx, records, ref, life.State)
	if err != nil {
		return err
	}
	lines := append([]string{ref.Name()}, standing(life, d.Now())...)
	lines = append(lines, held...)
	lines = append(lines, "", fmt.Sprintf("Item %s, %s · merchant %s · partner %s · institution %s",
		ref.ID, ref.Environment, ref.MerchantID, cmp.Or(ref.Partner, "none"), cmp.Or(ref.InstitutionID, "unknown")))
	for _, line := range append(lines, timelineOf(entries)...) {
		if err := d.Terminal.Say("%s", line); err != nil {
			return err
		}
	}
	return nil
}

// standing returns how an Item stands and what it waits for, in sentences.
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

// whatHolds returns which pauses hold the Item's mails, and which tasks about it need a person, in sentences.
func whatHolds(ctx context.Context, records Records, ref item.Ref, state item.State) (lines []string, err error) {
	if state.NeedsMerchant() {
		pauses, err := records.Pauses(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range pauses {
			if concerns(p, ref) {
				lines = append(lines, describe.Pause(p)+": "+p.Why+".")
			}
		}
	}
	open, _, err := records.NeedPerson(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, t := range open {
		if t.ItemID == ref.ID {
			lines = append(lines, fmt.Sprintf("A person is needed: %s (%s; task %d).", describe.Lower(describe.Task(t.Kind)), t.Why, t.ID))
		}
	}
	return lines, nil
}

// concerns reports whether a pause holds the mails of an Item's merchant.
func concerns(p mailing.Pause, ref item.Ref) bool {
	switch p.Scope {
	case mailing.PauseAll:
		return true
	case mailing.PauseInstitution:
		return p.Key == ref.InstitutionID
	case mailing.PausePartner:
		return p.Key == ref.Partner
	case mailing.PauseMerchant:
		return p.Key == ref.MerchantID
	}
	return false
}

// timelineOf prints entries under their days, oldest first, so that the newest is nearest to the prompt. Times are UTC.
func timelineOf(entries []readmodel.TimelineEntry) (lines []string) {
	today := ""
	for _, entry := range entries {
		at := entry.At.UTC()
		if date := at.Format("Monday, 2 January 2006"); date != today {
			today = date
			lines = append(lines, "", date)
		}
		e := describe.TimelineEntry(entry)
		line := "  " + at.Format("15:04:05") + "  " + e.What
		if e.Detail != "" {
			line += ". " + e.Detail
		}
		lines = append(lines, line+"  ["+e.Ref+"]")
	}
	return lines
}
