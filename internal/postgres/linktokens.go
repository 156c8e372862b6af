package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/vault"
)

// LinkTokens returns the sealed link tokens that were minted for the Item after a time, newest first. With them Plaid
// reports which Link session finished with success.
func (s *Store) LinkTokens(ctx context.Context, id item.ID, after time.Time) ([]vault.Sealed, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT sealed FROM link_tokens WHERE item_id = $1 AND minted_at > $2 ORDER BY minted_at DESC LIMIT 20`, id, after)
	if err != nil {
		return nil, fmt.Errorf("read link tokens of item %s: %w", id, err)
	}
	tokens, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (vault.Sealed, error) {
		sealed := vault.Sealed{Row: linksession.TokenRow(id)}
		return sealed, row.Scan(&sealed.Ciphertext)
	})
	if err != nil {
		return nil, fmt.Errorf("read link tokens of item %s: %w", id, err)
	}
	return tokens, nil
}

// KeepLinkToken stores a link token that was just minted.
func (s *Store) KeepLinkToken(ctx context.Context, l linksession.Minted) error {
	kind := "update"
	if l.Hosted {
		kind = "hosted"
	}
	_, err := s.pool.Exec(ctx, `
		INSERT INTO link_tokens (item_id, minted_at, expires_at, sealed, token_hash, kind, merchant_id, slot, link_expires_at, browser)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		l.ItemID, l.MintedAt, l.ExpiresAt, l.Token.Ciphertext, l.Hash, kind, l.MerchantID, l.Slot, l.LinkExpires, l.Browser)
	if err != nil {
		return fmt.Errorf("keep link token of item %s: %w", l.ItemID, err)
	}
	return nil
}

const mintedSQL = `SELECT item_id, minted_at, expires_at, sealed, token_hash, kind = 'hosted', merchant_id, slot, link_expires_at,
	browser, ended_at IS NOT NULL FROM link_tokens WHERE expires_at > now() AND browser IS NOT NULL AND `

// LinkInBrowser returns the live link token that was minted in the browser whose cookie has this hash, or
// item.ErrUnknown.
func (s *Store) LinkInBrowser(ctx context.Context, browser []byte) (linksession.Minted, error) {
	return s.mintedLink(ctx, mintedSQL+`browser = $1 ORDER BY minted_at DESC LIMIT 1`, browser)
}

// LinkOfMerchant returns the newest live link token of the merchant's Items, from any browser, or item.ErrUnknown.
func (s *Store) LinkOfMerchant(ctx context.Context, merchantID string) (linksession.Minted, error) {
	return s.mintedLink(ctx, mintedSQL+`merchant_id = $1 ORDER BY minted_at DESC LIMIT 1`, merchantID)
}

func (s *Store) mintedLink(ctx context.Context, sql string, by any) (linksession.Minted, error) {
	var l linksession.Minted
	err := s.pool.QueryRow(ctx, sql, by).Scan(&l.ItemID, &l.MintedAt, &l.ExpiresAt, &l.Token.Ciphertext, &l.Hash, &l.Hosted, &l.MerchantID,
		&l.Slot, &l.LinkExpires, &l.Browser, &l.Ended)
	if errors.Is(err, pgx.ErrNoRows) {
		return linksession.Minted{}, fmt.Errorf("link token: %w", item.ErrUnknown)
	}
	if err != nil {
		return linksession.Minted{}, fmt.Errorf("read link token: %w", err)
	}
	l.Token.Row = linksession.TokenRow(l.ItemID)
	return l, nil
}

// EndLink stops a link token from being handed out again, because the browser reported that Link ended. Plaid is still
// asked about its session.
func (s *Store) EndLink(ctx context.Context, hash []byte) error {
	_, err := s.pool.Exec(ctx, `UPDATE link_tokens SET ended_at = now() WHERE token_hash = $1 AND ended_at IS NULL`, hash)
	if err != nil {
		return fmt.Errorf("end link token: %w", err)
	}
	return nil
}

// ItemOfLinkToken returns the Item that the link token with this sha256 was minted for, or item.ErrUnknown.
func (s *Store) ItemOfLinkToken(ctx context.Context, hash []byte) (item.ID, error) {
	var id item.ID
	err := s.pool.QueryRow(ctx, `SELECT item_id FROM link_tokens WHERE token_hash = $1 ORDER BY minted_at DESC LIMIT 1`, hash).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("item of a link token: %w", item.ErrUnknown)
	}
	if err != nil {
		return "", fmt.Errorf("look for the item of a link token: %w", err)
	}
	return id, nil
}

// KeepFirstLink stores a link token that was just minted for a merchant. If details is set, the merchant is created or
// updated.
func (s *Store) KeepFirstLink(ctx context.Context, l linksession.FirstLink, details *enrolment.Merchant) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if details != nil {
			if err := upsertMerchant(ctx, tx, *details); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO first_links (merchant_id, token_hash, sealed, products, required_accounts, minted_at, expires_at)
			VALUES ($1, $2, $3, coalesce($4::text[], '{}'), coalesce($5::text[], '{}'), $6, $7)`,
			l.MerchantID, l.Hash, l.Sealed.Ciphertext, l.Products, l.RequiredAccounts, l.MintedAt, l.ExpiresAt)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep first link token of merchant %s: %w", l.MerchantID, err)
	}
	return nil
}
