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
	open, err := pgx.CollectRows(rows, pgx.RowToStructByPos[tasks.Task])
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	return open, nil
}

// NeedPerson returns the open tasks with their Items, oldest first, and their total number. A limit of 0 means as many
// as a list holds.
func (s *Store) NeedPerson(ctx context.Context, limit int) (open []tasks.Listed, total int, err error) {
	if limit <= 0 || limit > listLimit {
		limit = listLimit
	}
	rows, err := s.pool.Query(ctx, `
		SELECT count(*) OVER (), t.task_id, t.key, t.kind, coalesce(t.item_id, ''), t.why, t.opened_at,
			coalesce(i.item_id, ''), coalesce(i.environment, ''), coalesce(i.merchant_id, ''), coalesce(m.business_name, ''),
			coalesce(i.institution_id, ''), coalesce(i.institution, ''), coalesce(m.partner, ''), coalesce(i.state, '')
		FROM tasks t LEFT JOIN items i USING (item_id) LEFT JOIN merchants m USING (merchant_id)
		WHERE t.done_at IS NULL ORDER BY t.task_id LIMIT $1`, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list what needs a person: %w", err)
	}
	open, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l tasks.Listed, err error) {
		fields := []any{&total, &l.ID, &l.Key, &l.Kind, &l.ItemID, &l.Why, &l.OpenedAt}
		return l, row.Scan(append(append(fields, refFields(&l.Item)...), &l.State)...)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list what needs a person: %w", err)
	}
	return open, total, nil
}

// CloseTask marks a task done. It returns an error if the task is not open.
func (s *Store) CloseTask(ctx context.Context, taskID int64, by string) error {
	tag, err := s.pool.Exec(ctx, `UPDATE tasks SET done_at = now(), done_by = $2 WHERE task_id = $1 AND done_at IS NULL`, taskID, by)
	if err != nil {
		return fmt.Errorf("close task %d: %w", taskID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("close task %d: no task of this number is open", taskID)
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
