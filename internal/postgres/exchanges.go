package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/item"
)

// BeginExchange records that a public token is about to be exchanged, and returns what is known of an earlier exchange.
// The caller holds the token for at most busy. The method returns item.ErrBusy while another request has it,
// item.ErrTaken when the token belongs to another merchant, and item.ErrErasing when the merchant is being erased.
func (s *Store) BeginExchange(
	ctx context.Context, tokenHash []byte, merchantID string, busy time.Duration,
) (x enrolment.Exchange, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var erasing bool // checked here, because the exchange would spend the token for nothing
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM merchants WHERE merchant_id = $1 AND erase_asked_at IS NOT NULL AND erased_at IS NULL)`,
			merchantID).Scan(&erasing)
		if err != nil {
			return err
		}
		if erasing {
			return item.ErrErasing
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO exchanges (token_hash, merchant_id, busy_until) VALUES ($1, $2, now() + $3::interval) ON CONFLICT DO NOTHING`,
			tokenHash, merchantID, busy)
		if err != nil || tag.RowsAffected() == 1 {
			return err
		}
		x.Begun = true
		var owner string
		var taken bool
		err = tx.QueryRow(ctx, `
			SELECT merchant_id, coalesce(item_id, ''), coalesce(busy_until > now(), false) FROM exchanges
			WHERE token_hash = $1 FOR UPDATE`,
			tokenHash).Scan(&owner, &x.ItemID, &taken)
		switch {
		case err != nil:
			return err
		case taken:
			return item.ErrBusy
		case owner != merchantID:
			return item.ErrTaken
		case x.ItemID != "":
			return nil
		}
		_, err = tx.Exec(ctx, `UPDATE exchanges SET busy_until = now() + $2::interval WHERE token_hash = $1`, tokenHash, busy)
		return err
	})
	if err != nil {
		return enrolment.Exchange{}, fmt.Errorf("begin exchange: %w", err)
	}
	return x, nil
}

// LeaveExchange lets another request exchange the token at once. forget also deletes the row; use it only if Plaid
// definitely did not perform the exchange.
func (s *Store) LeaveExchange(ctx context.Context, tokenHash []byte, forget bool) error {
	sql := `UPDATE exchanges SET busy_until = NULL WHERE token_hash = $1`
	if forget {
		sql = `DELETE FROM exchanges WHERE token_hash = $1 AND item_id IS NULL`
	}
	if _, err := s.pool.Exec(ctx, sql, tokenHash); err != nil {
		return fmt.Errorf("leave exchange: %w", err)
	}
	return nil
}

// settleExchange records which Item a public token became.
func settleExchange(ctx context.Context, tx pgx.Tx, e enrolment.Enrolment) error {
	if e.PublicToken == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `
		UPDATE exchanges SET item_id = $2, done_at = now(), busy_until = NULL WHERE token_hash = $1`, e.PublicToken, e.Item.ID)
	if err != nil {
		return fmt.Errorf("settle exchange: %w", err)
	}
	return nil
}

// SweepExchanges deletes exchanges that began longer than kept ago, and first link tokens that expired longer than kept
// ago. A public token lives 30 minutes, a first link token 4 hours.
func (s *Store) SweepExchanges(ctx context.Context, kept time.Duration) error {
	for _, sql := range []string{
		`DELETE FROM exchanges WHERE begun_at < now() - $1::interval`,
		`DELETE FROM first_links WHERE expires_at < now() - $1::interval`,
	} {
		if _, err := s.pool.Exec(ctx, sql, kept); err != nil {
			return fmt.Errorf("sweep exchanges: %w", err)
		}
	}
	return nil
}
