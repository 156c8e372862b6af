package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/tasks"
)

// Tasks returns the open tasks, oldest first.
func (s *Store) Tasks(ctx context.Context) ([]tasks.Task, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT task_id, key, kind, coalesce(item_id, ''), why, opened_at FROM tasks WHERE done_at IS NULL ORDER BY task_id`)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	tasks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[tasks.Task])
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	return tasks, nil
}

// CloseTask marks a task done. A task that is not open is an error.
func (s *Store) CloseTask(ctx context.Context, taskID int64, by string) error {
	tag, err := s.pool.Exec(ctx, `UPDATE tasks SET done_at = now(), done_by = $2 WHERE task_id = $1 AND done_at IS NULL`, taskID, by)
	if err != nil {
		return fmt.Errorf("end task %d: %w", taskID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("end task %d: no task of this number is open", taskID)
	}
	return nil
}

// OpenTask opens a task. While a task with its key is open it changes nothing.
func (s *Store) OpenTask(ctx context.Context, t tasks.Task) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return openTask(ctx, tx, t) })
}

// openTask opens a task unless one with its key is open.
func openTask(ctx context.Context, tx pgx.Tx, t tasks.Task) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO tasks (key, kind, item_id, why) VALUES ($1, $2, nullif($3, ''), $4) ON CONFLICT (key) WHERE done_at IS NULL DO NOTHING`,
		t.Key, t.Kind, t.ItemID, t.Why)
	if err != nil {
		return fmt.Errorf("open task %s: %w", t.Key, err)
	}
	return nil
}

// syncTasks opens a task when an incident escalates, and closes it when the incident closes.
func syncTasks(ctx context.Context, tx pgx.Tx, id item.ID, t item.Transition) error {
	switch t.Step {
	case item.Escalated:
		return openTask(ctx, tx, tasks.Task{Key: "item/" + string(id), Kind: tasks.Escalated, ItemID: id, Why: t.Why})
	case item.Closed:
		_, err := tx.Exec(ctx, `
			UPDATE tasks SET done_at = now(), done_by = 'the Item' WHERE item_id = $1 AND kind = $2 AND done_at IS NULL`,
			id, tasks.Escalated)
		if err != nil {
			return fmt.Errorf("close tasks of item %s: %w", id, err)
		}
	case item.Opened, item.Changed, item.Ordered, item.RuleViolation:
	}
	return nil
}
