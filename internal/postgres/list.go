package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// listLimit is the most Items that one list holds.
const listLimit = 1000

// Items lists Items: those that need somebody first, longest broken before the others; then by business.
func (s *Store) Items(ctx context.Context, f item.Filter) ([]item.Listed, error) {
	limit := listLimit
	if f.Limit > 0 {
		limit = min(f.Limit, listLimit)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT i.item_id, i.environment, i.merchant_id, m.business_name, i.institution_id, i.institution, m.partner,
			i.state, i.cause, i.incident, i.broken_since
		FROM items i JOIN merchants m USING (merchant_id)
		WHERE $1 = '' OR i.state = $1
		ORDER BY i.broken_since NULLS LAST, i.state = 'removed', m.business_name, i.institution, i.item_id
		LIMIT $2`, f.State, limit)
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	listed, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (item.Listed, error) {
		var l item.Listed
		var brokenSince *time.Time
		err := row.Scan(&l.Card.ID, &l.Card.Environment, &l.Card.MerchantID, &l.Card.BusinessName, &l.Card.InstitutionID,
			&l.Card.Institution, &l.Card.Partner, &l.State, &l.Cause, &l.Incident, &brokenSince)
		if brokenSince != nil {
			l.BrokenSince = brokenSince.UTC()
		}
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	return listed, nil
}

// CountItems answers how many Items are in each state; a state without any is not there.
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

// ItemsAfter answers the next Items that are not removed, in the order of their ids.
func (s *Store) ItemsAfter(ctx context.Context, after item.ID, limit int) ([]item.ID, error) {
	rows, err := s.pool.Query(ctx, `SELECT item_id FROM items WHERE item_id > $1 AND state <> 'removed' ORDER BY item_id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[item.ID])
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	return ids, nil
}
