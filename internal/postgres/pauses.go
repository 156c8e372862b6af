package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// PauseMails stops mails, for good or until [Store.ResumeMails]. One that is stopped already stays as it is; paused is then false.
func (s *Store) PauseMails(ctx context.Context, p item.MailPause) (paused bool, err error) {
	tag, err := s.pool.Exec(ctx, `
		INSERT INTO pauses (scope, key, first_mails, why, paused_by) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (scope, key, first_mails) WHERE ended_at IS NULL DO NOTHING`, p.Scope, p.Key, p.FirstMails, p.Why, p.By)
	if err != nil {
		return false, fmt.Errorf("pause mails of %s %s: %w", p.Scope, p.Key, err)
	}
	return tag.RowsAffected() > 0, nil
}

// ResumeMails ends the pauses of a scope and key, and the tasks of a mass break that go with them. It answers how many
// pauses it ended.
func (s *Store) ResumeMails(ctx context.Context, scope item.PauseScope, key, by string) (ended int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE pauses SET ended_at = now(), ended_by = $3 WHERE scope = $1 AND key = $2 AND ended_at IS NULL`, scope, key, by)
		if err != nil {
			return err
		}
		ended = int(tag.RowsAffected())
		_, err = tx.Exec(ctx, `UPDATE tasks SET done_at = now(), done_by = $2 WHERE key = $1 AND done_at IS NULL`,
			"mass_break/"+string(scope)+"/"+key, by)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("resume mails of %s %s: %w", scope, key, err)
	}
	return ended, nil
}

// Pauses returns the stops of mails that hold now, oldest first.
func (s *Store) Pauses(ctx context.Context) ([]item.MailPause, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT pause_id, scope, key, first_mails, why, paused_by, paused_at FROM pauses WHERE ended_at IS NULL ORDER BY pause_id`)
	if err != nil {
		return nil, fmt.Errorf("list pauses: %w", err)
	}
	pauses, err := pgx.CollectRows(rows, pgx.RowToStructByPos[item.MailPause])
	if err != nil {
		return nil, fmt.Errorf("list pauses: %w", err)
	}
	return pauses, nil
}

// Tasks returns what needs a person, oldest first.
func (s *Store) Tasks(ctx context.Context) ([]item.Task, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT task_id, key, kind, coalesce(item_id, ''), why, opened_at FROM tasks WHERE done_at IS NULL ORDER BY task_id`)
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	tasks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[item.Task])
	if err != nil {
		return nil, fmt.Errorf("list tasks: %w", err)
	}
	return tasks, nil
}

// TaskDone lets the person go: the task is done.
func (s *Store) TaskDone(ctx context.Context, taskID int64, by string) error {
	tag, err := s.pool.Exec(ctx, `UPDATE tasks SET done_at = now(), done_by = $2 WHERE task_id = $1 AND done_at IS NULL`, taskID, by)
	if err != nil {
		return fmt.Errorf("end task %d: %w", taskID, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("end task %d: no task of this number is open", taskID)
	}
	return nil
}

// OpenTask calls a person; while a task of its key is open it changes nothing.
func (s *Store) OpenTask(ctx context.Context, t item.Task) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return openTask(ctx, tx, t) })
}

// AppliedPolicy returns the policy file that was applied last, and when; file is nil when none ever was.
func (s *Store) AppliedPolicy(ctx context.Context) (file []byte, at time.Time, err error) {
	rows, err := s.pool.Query(ctx, `SELECT file, applied_at FROM policies ORDER BY policy_id DESC LIMIT 1`)
	if err != nil {
		return nil, at, fmt.Errorf("read policy: %w", err)
	}
	var text string
	_, err = pgx.ForEachRow(rows, []any{&text, &at}, func() error {
		file = []byte(text)
		return nil
	})
	if err != nil {
		return nil, at, fmt.Errorf("read policy: %w", err)
	}
	return file, at, nil
}

// ApplyPolicy makes a policy file the one that holds.
func (s *Store) ApplyPolicy(ctx context.Context, file []byte, version, by string) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO policies (version, file, applied_by) VALUES ($1, $2, $3)`, version, string(file), by)
	if err != nil {
		return fmt.Errorf("apply policy %s: %w", version, err)
	}
	return nil
}
