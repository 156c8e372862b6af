package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/readmodel"
)

// Timeline returns what happened to an Item, oldest first: its audit, and the webhooks that reached it.
func (s *Store) Timeline(ctx context.Context, id item.ID) ([]readmodel.TimelineEntry, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT at, what, ref, data FROM (
			SELECT received_at AS at, 'webhook ' || code AS what, 'inbox ' || inbox_id AS ref, coalesce(body, '{}') AS data, 1 AS kin, inbox_id AS n
			FROM inbox WHERE item_id = $1 AND source = 'webhook'
			UNION ALL
			SELECT at, kind, 'audit ' || seq, data, 2, seq FROM audit WHERE item_id = $1
		) AS entries ORDER BY at, kin, n`, id)
	if err != nil {
		return nil, fmt.Errorf("read timeline of item %s: %w", id, err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[readmodel.TimelineEntry])
	if err != nil {
		return nil, fmt.Errorf("read timeline of item %s: %w", id, err)
	}
	return entries, nil
}
