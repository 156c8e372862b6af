package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
)

// RequestNewLink commits that a merchant wants another mail, as Act does, unless one was asked for within every; asked is
// then false. Of several simultaneous calls one succeeds.
func (s *Store) RequestNewLink(ctx context.Context, merchantID string, a inbox.Entry, at time.Time, every time.Duration, data any) (asked bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO fresh_links (merchant_id, asked_at) VALUES ($1, $2)
			ON CONFLICT (merchant_id) DO UPDATE SET asked_at = excluded.asked_at WHERE fresh_links.asked_at <= $3`, merchantID, at, at.Add(-every))
		if err != nil {
			return fmt.Errorf("note who asked: %w", err)
		}
		if asked = tag.RowsAffected() > 0; !asked {
			return nil
		}
		_, err = act(ctx, tx, a, at, data)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("ask for a fresh link: %w", err)
	}
	return asked, nil
}
