package people

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/tasks"
)

func (d Deps) tasks() *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:     "tasks",
		Short:   "End a task that needed a person",
		Long:    "End a task that needed a person. 'relink items list --needs-person' lists the open ones.",
		Example: "  relink items list --needs-person\n  relink tasks done 17",
	}, d.tasksDone())
}

func (d Deps) tasksDone() *cobra.Command {
	c := &cobra.Command{
		Use:     "done TASK_ID...",
		Short:   "End tasks that somebody has seen to",
		Example: "  relink tasks done 17 18 --by olga",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.WrongUsage("tasks done wants numbers of tasks; items list --needs-person shows them")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			ids, err := numbers(args, "task")
			if err != nil {
				return err
			}
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			return d.endTasks(c.Context(), records, ids)
		},
	}
	d.Terminal.ActFlags(c.Flags())
	return c
}

// numbers reads numbers. kind names in an error what they number.
func numbers(words []string, kind string) (ids []int64, err error) {
	for _, word := range words {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, cli.WrongUsage("%q is not the number of a %s", word, kind)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// tasksEnded is the result of ending tasks.
type tasksEnded struct {
	Named int `json:"named"`
	Done  int `json:"done"`
}

// endTasks ends each task that is open, and returns an error when one was not.
func (d Deps) endTasks(ctx context.Context, records Tasks, ids []int64) error {
	ended := tasksEnded{Named: len(ids)}
	for _, id := range ids {
		if err := records.CloseTask(ctx, id, d.Terminal.Actor); err != nil {
			d.Terminal.Note("%v", err)
			continue
		}
		ended.Done++
	}
	if err := d.Terminal.Result(ended, "%d of %d done", ended.Done, ended.Named); err != nil {
		return err
	}
	if ended.Done < ended.Named {
		return fmt.Errorf("%d of %d tasks are not open", ended.Named-ended.Done, ended.Named)
	}
	return nil
}

// listTasks prints what needs a person, oldest first.
func (d Deps) listTasks(ctx context.Context, records Tasks) error {
	open, total, err := records.NeedPerson(ctx, 0)
	if err != nil {
		return err
	}
	header := []string{"TASK", "KIND", "SINCE", "BUSINESS", "BANK", "STATE", "WHY", "ITEM"}
	err = cli.List(d.Terminal, open, header, func(t tasks.Listed) []string {
		return []string{
			fmt.Sprint(t.ID), string(t.Kind), minute(t.OpenedAt),
			cmp.Or(t.Item.BusinessName, "many"), t.Item.Institution, string(t.State), t.Why, string(t.ItemID),
		}
	})
	if err == nil && total > len(open) && !d.Terminal.JSON {
		d.Terminal.Note("the oldest %d of %d tasks", len(open), total)
	}
	return err
}
