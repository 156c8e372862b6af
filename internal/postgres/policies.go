package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AppliedPolicy returns the policy file that was applied last, and when. file is nil when none was ever applied.
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

// ApplyPolicy stores a policy file as the one in force.
func (s *Store) ApplyPolicy(ctx context.Context, file []byte, version, by string) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO policies (version, file, applied_by) VALUES ($1, $2, $3)`, version, string(file), by)
	if err != nil {
		return fmt.Errorf("apply policy %s: %w", version, err)
	}
	return nil
}
