package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/mailing"
)

// PauseMails stops mails until [Store.ResumeMails]. An open pause of the same scope and key stays as it is; paused is
// then false.
func (s *Store) PauseMails(ctx context.Context, p mailing.Pause) (paused bool, err error) {
	tag, err := s.pool.Exec(ctx, `
		INSERT INTO pauses (scope, key, first_mails, why, paused_by) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (scope, key, first_mails) WHERE ended_at IS NULL DO NOTHING`, p.Scope, p.Key, p.FirstMails, p.Why, p.By)
	if err != nil {
		return false, fmt.Errorf("pause mails of %s %s: %w", p.Scope, p.Key, err)
	}
	return tag.RowsAffected() > 0, nil
}

// ResumeMails ends the pauses of a scope and key, and the task of the mass break that caused them. ended is the number
// of pauses.
func (s *Store) ResumeMails(ctx context.Context, scope mailing.PauseScope, key, by string) (ended int, err error) {
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

// Pauses returns the open pauses, oldest first.
func (s *Store) Pauses(ctx context.Context) ([]mailing.Pause, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT pause_id, scope, key, first_mails, why, paused_by, paused_at FROM pauses WHERE ended_at IS NULL ORDER BY pause_id`)
	if err != nil {
		return nil, fmt.Errorf("list pauses: %w", err)
	}
	pauses, err := pgx.CollectRows(rows, pgx.RowToStructByPos[mailing.Pause])
	if err != nil {
		return nil, fmt.Errorf("list pauses: %w", err)
	}
	return pauses, nil
}
