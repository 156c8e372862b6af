package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/readmodel"
)

// ItemPage returns up to limit Items whose ids come after an id, in the order of their ids. No change of an Item moves
// it in that order. An empty state or merchantID selects all. Removed Items are included.
func (s *Store) ItemPage(ctx context.Context, state item.State, merchantID string, after item.ID, limit int) ([]readmodel.Listed, error) {
	// Unused conditions are left out, so that Postgres can choose the index of the used ones.
	where, args := "i.item_id > $1", []any{after, limit}
	if state != "" {
		args = append(args, state)
		where += fmt.Sprintf(" AND i.state = $%d", len(args))
	}
	if merchantID != "" {
		args = append(args, merchantID)
		where += fmt.Sprintf(" AND i.merchant_id = $%d", len(args))
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+listedColumns+` FROM items i JOIN merchants m USING (merchant_id)
		WHERE `+where+` ORDER BY i.item_id LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("list a page of items: %w", err)
	}
	listed, err := pgx.CollectRows(rows, scanListed)
	if err != nil {
		return nil, fmt.Errorf("list a page of items: %w", err)
	}
	return listed, nil
}
