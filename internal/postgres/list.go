package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/readmodel"
	"relink/internal/tasks"
)

// listLimit is the most Items that one list holds.
const listLimit = 1000

// Items lists Items: broken and expiring ones first, the longest waiting before the others, and then by business name.
func (s *Store) Items(ctx context.Context, f readmodel.Filter) ([]readmodel.Listed, error) {
	limit := listLimit
	if f.Limit > 0 {
		limit = min(f.Limit, listLimit)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT i.item_id, i.environment, i.merchant_id, m.business_name, i.institution_id, i.institution, m.partner,
			i.state, i.cause, i.incident, i.broken_since, i.ends_at
		FROM items i JOIN merchants m USING (merchant_id)
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

func scanListed(row pgx.CollectableRow) (readmodel.Listed, error) {
	var l readmodel.Listed
	var brokenSince, endsAt *time.Time
	err := row.Scan(&l.Item.ID, &l.Item.Environment, &l.Item.MerchantID, &l.Item.BusinessName, &l.Item.InstitutionID,
		&l.Item.Institution, &l.Item.Partner, &l.State, &l.Cause, &l.Incident, &brokenSince, &endsAt)
	if brokenSince != nil {
		l.BrokenSince = brokenSince.UTC()
	}
	if endsAt != nil && l.State == item.Expiring {
		l.EndsAt = endsAt.UTC()
	}
	return l, err
}

// NeedPerson returns the open tasks with their Items, oldest first, and their total number. A limit of 0 means as many
// as a list holds.
func (s *Store) NeedPerson(ctx context.Context, limit int) (open []tasks.Listed, total int, err error) {
	if limit <= 0 || limit > listLimit {
		limit = listLimit
	}
	rows, err := s.pool.Query(ctx, `
		SELECT count(*) OVER (), t.task_id, t.key, t.kind, coalesce(t.item_id, ''), t.why, t.opened_at,
			coalesce(i.item_id, ''), coalesce(i.environment, ''), coalesce(i.merchant_id, ''), coalesce(m.business_name, ''),
			coalesce(i.institution_id, ''), coalesce(i.institution, ''), coalesce(m.partner, ''), coalesce(i.state, '')
		FROM tasks t LEFT JOIN items i USING (item_id) LEFT JOIN merchants m USING (merchant_id)
		WHERE t.done_at IS NULL ORDER BY t.task_id LIMIT $1`, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list what needs a person: %w", err)
	}
	open, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (tasks.Listed, error) {
		var l tasks.Listed
		err := row.Scan(&total, &l.ID, &l.Key, &l.Kind, &l.ItemID, &l.Why, &l.OpenedAt,
			&l.Item.ID, &l.Item.Environment, &l.Item.MerchantID, &l.Item.BusinessName,
			&l.Item.InstitutionID, &l.Item.Institution, &l.Item.Partner, &l.State)
		l.OpenedAt = l.OpenedAt.UTC()
		return l, err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list what needs a person: %w", err)
	}
	return open, total, nil
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
