package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
)

// RequestNewLink commits a merchant's request for a mail with a new link, as Act does. If the merchant made one within
// every already, it stores nothing and requested is false. Of several simultaneous calls one succeeds.
func (s *Store) RequestNewLink(
	ctx context.Context, merchantID string, e inbox.Entry, at time.Time, every time.Duration, data any,
) (requested bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO fresh_links (merchant_id, asked_at) VALUES ($1, $2)
			ON CONFLICT (merchant_id) DO UPDATE SET asked_at = excluded.asked_at WHERE fresh_links.asked_at <= $3`, merchantID, at, at.Add(-every))
		if err != nil {
			return fmt.Errorf("store the time of the request: %w", err)
		}
		if requested = tag.RowsAffected() > 0; !requested {
			return nil
		}
		_, err = act(ctx, tx, e, at, data)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("request a new link for merchant %s: %w", merchantID, err)
	}
	return requested, nil
}
