package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"

	"relink/internal/postgres"
)

// runTasks is relink tasks done.
func runTasks(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "done" {
		return fmt.Errorf("%w: tasks wants done; items list --needs-person lists them", errUsage)
	}
	s := newShell()
	ids, err := parseTasksDone(&s, args[1:])
	if err != nil {
		return err
	}
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	return s.tasksDone(ctx, store, ids)
}

func parseTasksDone(s *shell, args []string) (ids []int64, err error) {
	flags := flag.NewFlagSet("tasks done", flag.ContinueOnError)
	flags.StringVar(&s.by, "by", s.by, "who has seen to it")
	words, err := parseMixed(flags, args)
	if err != nil {
		return nil, err
	}
	for _, word := range words {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %q is not the number of a task", errUsage, word)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: tasks done wants numbers of tasks; items list --needs-person shows them", errUsage)
	}
	return ids, nil
}

// tasksDone ends each task that is open, and fails when one was not.
func (s shell) tasksDone(ctx context.Context, store *postgres.Store, ids []int64) error {
	done := 0
	for _, id := range ids {
		if err := store.TaskDone(ctx, id, s.by); err != nil {
			_, _ = fmt.Fprintln(s.ask, err)
			continue
		}
		done++
	}
	if err := s.say("%d of %d done", done, len(ids)); err != nil {
		return err
	}
	if done < len(ids) {
		return fmt.Errorf("%d of %d tasks are not open", len(ids)-done, len(ids))
	}
	return nil
}

// listTasks prints what needs a person, oldest first.
func listTasks(ctx context.Context, store *postgres.Store, out io.Writer, asJSON bool) error {
	tasks, total, err := store.NeedPerson(ctx, 0)
	if err != nil {
		return err
	}
	if asJSON {
		lines := json.NewEncoder(out)
		for _, t := range tasks {
			if err := lines.Encode(t); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "TASK\tKIND\tSINCE\tBUSINESS\tBANK\tSTATE\tWHY\tITEM")
	for _, t := range tasks {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.Kind, minute(t.OpenedAt),
			cmp.Or(t.Card.BusinessName, "many"), t.Card.Institution, t.State, t.Why, t.ItemID)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if total > len(tasks) {
		_, _ = fmt.Fprintf(os.Stderr, "the oldest %d of %d tasks\n", len(tasks), total)
	}
	return nil
}
