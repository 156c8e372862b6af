package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
	"relink/internal/item"
)

// erasurePauses is stored as the author of an erasure's pauses and orders.
const erasurePauses = "the erasure of the merchant"

// AskErase orders the removal of all the merchant's Items at Plaid and pauses its mails. Erase completes the erasure
// once the Items are removed. A second call of AskErase changes nothing. erased is true when the merchant is erased
// already. For an unknown merchant it returns item.ErrUnknown.
func (s *Store) AskErase(ctx context.Context, merchantID, by string, at time.Time) (erased bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		_, erasing, err := lockMerchant(ctx, tx, merchantID)
		if errors.Is(err, item.ErrUnknown) {
			known := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM merchants WHERE merchant_id = $1)`, merchantID)
			if err := known.Scan(&erased); err != nil {
				return fmt.Errorf("look for merchant: %w", err)
			}
			if erased {
				return nil
			}
		}
		// A caller may repeat this at any rate. A stream of orders would keep the workflow busy recording them, and it would
		// remove nothing.
		if err != nil || erasing {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE merchants SET erase_asked_at = coalesce(erase_asked_at, $2) WHERE merchant_id = $1`, merchantID, at)
		if err != nil {
			return fmt.Errorf("mark merchant: %w", err)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO pauses (scope, key, why, paused_by) VALUES ('merchant', $1, 'the merchant is being erased', $2)
			ON CONFLICT (scope, key, first_mails) WHERE ended_at IS NULL DO NOTHING`, merchantID, erasurePauses)
		if err != nil {
			return fmt.Errorf("pause mails: %w", err)
		}
		items, err := livingItems(ctx, tx, merchantID)
		if err != nil {
			return err
		}
		for _, i := range items {
			if err := askRemoval(ctx, tx, i, at, map[string]string{"by": by, "why": "the merchant is to be erased"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("ask to erase merchant %s: %w", merchantID, err)
	}
	return erased, nil
}

// askRemoval stores an order to remove the Item for its workflow, and a row of the audit.
func askRemoval(ctx context.Context, tx pgx.Tx, i livingItem, at time.Time, data any) error {
	r, err := insertEntry(ctx, tx, inbox.Entry{
		Source: item.FromOperator, Environment: i.environment, ItemID: i.id, Code: item.RemoveAsked,
	})
	if err != nil {
		return err
	}
	_, err = appendAudit(ctx, tx, i.id, at, item.RemoveAsked, fmt.Sprintf("inbox/%d", r.RowID), data)
	return err
}

// Erasing returns the ids of merchants that are to be erased and are not erased yet, the longest waiting first.
func (s *Store) Erasing(ctx context.Context, limit int) ([]string, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT merchant_id FROM merchants WHERE erase_asked_at IS NOT NULL AND erased_at IS NULL ORDER BY erase_asked_at LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read merchants to erase: %w", err)
	}
	merchants, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read merchants to erase: %w", err)
	}
	return merchants, nil
}

// erasures remove a merchant's personal data and secrets. The audit holds none. $1 is the merchant's id.
var erasures = []string{
	`UPDATE items SET token_sealed = '', hubspot_deal_id = '', marqeta_user_token = '' WHERE merchant_id = $1`,
	`DELETE FROM accounts USING items WHERE accounts.item_id = items.item_id AND merchant_id = $1`,
	`UPDATE consents SET who = '' FROM items WHERE consents.item_id = items.item_id AND merchant_id = $1`,
	`DELETE FROM link_tokens USING items WHERE link_tokens.item_id = items.item_id AND items.merchant_id = $1`,
	`DELETE FROM first_links WHERE merchant_id = $1`,
	`UPDATE inbox SET raw_sealed = NULL FROM items WHERE inbox.item_id = items.item_id AND merchant_id = $1 AND raw_sealed IS NOT NULL`,
	`UPDATE mails SET failure = CASE failure WHEN '' THEN '' ELSE 'erased' END, notice = (notice::jsonb || jsonb_build_object('Merchant',
		jsonb_build_object('ID', merchant_id)))::json WHERE merchant_id = $1`,
	`UPDATE pauses SET ended_at = now(), ended_by = '` + erasurePauses + `' WHERE scope = 'merchant' AND key = $1 AND ended_at IS NULL`,
	`UPDATE merchants SET business_name = '', contact_name = '', email = '', time_zone = 'UTC', locale = 'en-US', partner = '',
		country_codes = '{US}', hosted_link = NULL, erased_at = now(), updated_at = now() WHERE merchant_id = $1`,
}

// Erase erases a merchant that is to be erased, once none of its Items is left at Plaid. Until then it repeats each
// removal order that is older than again and has not been carried out. erased reports whether the merchant is erased.
func (s *Store) Erase(ctx context.Context, merchantID string, again time.Duration, at time.Time) (erased bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		_, erasing, err := lockMerchant(ctx, tx, merchantID)
		if errors.Is(err, item.ErrUnknown) {
			erased = true
			return nil
		}
		if err != nil || !erasing {
			return err
		}
		items, err := livingItems(ctx, tx, merchantID)
		if err != nil {
			return err
		}
		for _, i := range items {
			if err := askRemovalAgain(ctx, tx, i, again, at); err != nil {
				return err
			}
		}
		if len(items) > 0 {
			return nil
		}
		erased = true
		for _, sql := range erasures {
			if _, err := tx.Exec(ctx, sql, merchantID); err != nil {
				return fmt.Errorf("erase what a table holds: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("erase merchant %s: %w", merchantID, err)
	}
	return erased, nil
}

func askRemovalAgain(ctx context.Context, tx pgx.Tx, i livingItem, again time.Duration, at time.Time) error {
	var asked bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM inbox WHERE item_id = $1 AND code = $2 AND source = $3
			AND (state = 'pending' OR received_at > now() - $4::interval))`, i.id, item.RemoveAsked, item.FromOperator, again).Scan(&asked)
	if err != nil {
		return fmt.Errorf("look for the removal order: %w", err)
	}
	if asked {
		return nil
	}
	return askRemoval(ctx, tx, i, at, map[string]string{"by": erasurePauses})
}
