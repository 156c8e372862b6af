package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// Receive commits an arrival. When it returns without an error the arrival survives any crash.
func (s *Store) Receive(ctx context.Context, a item.Arrival) (item.Receipt, error) {
	var r item.Receipt
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		r, err = insertArrival(ctx, tx, a)
		return err
	})
	if err != nil {
		return item.Receipt{}, fmt.Errorf("store arrival %s: %w", a.Code, err)
	}
	return r, nil
}

// Act commits a merchant's act: its hint, and its line in the Item's audit.
func (s *Store) Act(ctx context.Context, a item.Arrival, at time.Time, data any) (item.Receipt, error) {
	var r item.Receipt
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if err := lockItem(ctx, tx, a.ItemID); err != nil {
			return err
		}
		if r, err = insertArrival(ctx, tx, a); err != nil {
			return err
		}
		_, err = appendAudit(ctx, tx, a.ItemID, at, a.Code, fmt.Sprintf("inbox/%d", r.RowID), data)
		return err
	})
	if err != nil {
		return item.Receipt{}, fmt.Errorf("store %s: %w", a.Code, err)
	}
	return r, nil
}

func insertArrival(ctx context.Context, tx pgx.Tx, a item.Arrival) (item.Receipt, error) {
	state, why := "pending", ""
	switch {
	case a.Dead != "":
		state, why = "dead", a.Dead
	case a.Ignored != "":
		state, why = "ignored", a.Ignored
	}
	var until *time.Time
	if !a.Until.IsZero() {
		until = &a.Until
	}
	var body any
	if len(a.Body) > 0 {
		body = a.Body
	}
	var r item.Receipt
	err := tx.QueryRow(ctx, `
		INSERT INTO inbox (source, environment, item_id, code, until, delivery_key, body, state, last_error, trace)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (delivery_key) DO UPDATE SET repeats = inbox.repeats + 1
		RETURNING inbox_id, xmax <> 0`,
		a.Source, a.Environment, a.ItemID, a.Code, until, a.DeliveryKey, body, state, why, a.Trace).Scan(&r.RowID, &r.Repeat)
	if err != nil {
		return item.Receipt{}, fmt.Errorf("insert into inbox: %w", err)
	}
	return r, nil
}

func releaseWaiting(ctx context.Context, tx pgx.Tx, id item.ID) error {
	_, err := tx.Exec(ctx, `UPDATE inbox SET state = 'pending' WHERE item_id = $1 AND state = 'waiting'`, id)
	if err != nil {
		return fmt.Errorf("release waiting deliveries: %w", err)
	}
	return nil
}

// Claim leases the open rows of up to limit Items and answers them, one batch per Item, oldest first. An Item whose
// webhooks were signalled less than pace ago is left for later; merchants' own acts do not wait. Other replicas do not
// see leased rows; a lease that runs out without Delivered or Release makes its rows claimable again.
func (s *Store) Claim(ctx context.Context, limit int, lease, pace time.Duration) ([]item.Batch, error) {
	var batches []item.Batch
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH due AS (
				SELECT i.item_id, min(i.inbox_id) AS first FROM inbox i JOIN items USING (item_id)
				WHERE i.state = 'pending' AND (i.lease_until IS NULL OR i.lease_until <= now())
				  AND (i.source <> 'webhook' OR NOT EXISTS (
					SELECT FROM inbox d WHERE d.item_id = i.item_id AND d.source = 'webhook' AND d.delivered_at > now() - $3::interval))
				GROUP BY i.item_id ORDER BY first LIMIT $1
			), mine AS (
				SELECT inbox_id FROM inbox JOIN due USING (item_id)
				WHERE state = 'pending' AND (lease_until IS NULL OR lease_until <= now())
				FOR UPDATE OF inbox SKIP LOCKED
			)
			UPDATE inbox SET lease_until = now() + $2::interval, attempts = attempts + 1
			WHERE inbox_id IN (SELECT inbox_id FROM mine)
			RETURNING inbox_id, item_id, source, code, coalesce(until, 'epoch'), attempts,
				extract(epoch FROM now() - received_at)::float8, trace`, limit, lease, pace)
		if err != nil {
			return fmt.Errorf("claim: %w", err)
		}
		claimed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[claimedRow])
		if err != nil {
			return fmt.Errorf("claim: %w", err)
		}
		batches = batch(claimed)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim from inbox: %w", err)
	}
	return batches, nil
}

// Delivered marks rows whose signal Temporal has taken.
func (s *Store) Delivered(ctx context.Context, rowIDs []int64) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET state = 'delivered', delivered_at = now(), lease_until = NULL WHERE inbox_id = ANY($1)`, rowIDs)
	if err != nil {
		return fmt.Errorf("mark delivered: %w", err)
	}
	return nil
}

// Ignored marks rows that nobody will ever need, and says why.
func (s *Store) Ignored(ctx context.Context, rowIDs []int64, why string) error {
	return s.end(ctx, rowIDs, "ignored", why)
}

// Bury makes rows dead letters: only a person can still do something about them.
func (s *Store) Bury(ctx context.Context, rowIDs []int64, why string) error {
	return s.end(ctx, rowIDs, "dead", why)
}

// end settles rows that will not be delivered. What another replica has delivered meanwhile, after our lease ran out,
// stays delivered; so it does in Release.
func (s *Store) end(ctx context.Context, rowIDs []int64, state, why string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET state = $2, last_error = $3, lease_until = NULL
		WHERE inbox_id = ANY($1) AND state <> 'delivered'`, rowIDs, state, why)
	if err != nil {
		return fmt.Errorf("mark %s: %w", state, err)
	}
	return nil
}

// Release gives rows back until a later time. An attempt that was not the Item's own fault is not counted.
func (s *Store) Release(ctx context.Context, rowIDs []int64, again time.Duration, cause string, counted bool) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET lease_until = now() + $2::interval, last_error = $3, attempts = attempts - CASE WHEN $4 THEN 0 ELSE 1 END
		WHERE inbox_id = ANY($1) AND state = 'pending'`, rowIDs, again, cause, counted)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// Sweep parks webhooks that came before their Item, wakes those whose Item has come meanwhile, and buries those that
// waited longer than patience. It answers how many it buried.
func (s *Store) Sweep(ctx context.Context, patience time.Duration) (buried int64, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		steps := []string{
			`UPDATE inbox SET state = 'waiting' WHERE state = 'pending' AND lease_until IS NULL
				AND NOT EXISTS (SELECT FROM items WHERE items.item_id = inbox.item_id)`,
			`UPDATE inbox SET state = 'pending' WHERE state = 'waiting'
				AND EXISTS (SELECT FROM items WHERE items.item_id = inbox.item_id)`,
		}
		for _, sql := range steps {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		tag, err := tx.Exec(ctx, `
			UPDATE inbox SET state = 'dead', last_error = 'its item was never enrolled'
			WHERE state = 'waiting' AND received_at < now() - $1::interval`, patience)
		buried = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep inbox: %w", err)
	}
	return buried, nil
}
