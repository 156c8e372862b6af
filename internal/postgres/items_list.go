package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/readmodel"
)

// listLimit is the most Items that one list holds.
const listLimit = 1000

// Items lists Items: broken and expiring ones first, the one that has waited longest at the top, then the others by
// business name.
func (s *Store) Items(ctx context.Context, f readmodel.Filter) ([]readmodel.Listed, error) {
	limit := listLimit
	if f.Limit > 0 {
		limit = min(f.Limit, listLimit)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+listedColumns+` FROM items i JOIN merchants m USING (merchant_id)
		WHERE $1 = '' OR i.state = $1
		ORDER BY i.broken_since NULLS LAST, i.state = 'removed', m.business_name, i.institution, i.item_id
		LIMIT $2`, f.State, limit)
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	listed, err := pgx.CollectRows(rows, scanListed)
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	return listed, nil
}

// listedColumns are an Item as lists show it. scanListed reads them.
const listedColumns = refColumns + `, i.state, i.cause, i.incident, i.broken_since, i.ends_at`

func scanListed(row pgx.CollectableRow) (readmodel.Listed, error) {
	var l readmodel.Listed
	err := row.Scan(append(refFields(&l.Item), &l.State, &l.Cause, &l.Incident, zeroIfNull(&l.BrokenSince), zeroIfNull(&l.EndsAt))...)
	if l.State != item.Expiring {
		l.EndsAt = time.Time{}
	}
	return l, err
}

// CountItems returns the number of Items in each state. A state without Items is missing.
func (s *Store) CountItems(ctx context.Context) (map[item.State]int, error) {
	rows, err := s.pool.Query(ctx, `SELECT state, count(*) FROM items GROUP BY state`)
	if err != nil {
		return nil, fmt.Errorf("count items: %w", err)
	}
	counts := map[item.State]int{}
	var state item.State
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		counts[state] = n
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count items: %w", err)
	}
	return counts, nil
}

// ItemsAfter returns the next Items that are not removed, in the order of their ids.
func (s *Store) ItemsAfter(ctx context.Context, after item.ID, limit int) ([]item.ID, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT item_id FROM items WHERE item_id > $1 AND state <> 'removed' ORDER BY item_id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[item.ID])
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	return ids, nil
}
