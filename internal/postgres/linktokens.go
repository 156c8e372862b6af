package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// LinkTokens answers the sealed link tokens that were minted for the Item after a time, newest first. Plaid tells by
// them which Link session finished with success.
func (s *Store) LinkTokens(ctx context.Context, id item.ID, after time.Time) ([]item.Sealed, error) {
	rows, err := s.pool.Query(ctx, `SELECT sealed FROM link_tokens WHERE item_id = $1 AND minted_at > $2 ORDER BY minted_at DESC LIMIT 20`, id, after)
	if err != nil {
		return nil, fmt.Errorf("read link tokens of item %s: %w", id, err)
	}
	tokens, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (item.Sealed, error) {
		sealed := item.Sealed{Row: item.LinkTokenRow(id)}
		return sealed, row.Scan(&sealed.Ciphertext)
	})
	if err != nil {
		return nil, fmt.Errorf("read link tokens of item %s: %w", id, err)
	}
	return tokens, nil
}

// KeepLinkToken keeps a link token that was just minted for the Item, sealed for item.LinkTokenRow.
func (s *Store) KeepLinkToken(ctx context.Context, id item.ID, sealed item.Sealed, mintedAt, expiresAt time.Time) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO link_tokens (item_id, minted_at, expires_at, sealed) VALUES ($1, $2, $3, $4)`,
		id, mintedAt, expiresAt, sealed.Ciphertext)
	if err != nil {
		return fmt.Errorf("keep link token of item %s: %w", id, err)
	}
	return nil
}
