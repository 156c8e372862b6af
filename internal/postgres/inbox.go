package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
	"relink/internal/item"
)

// Receive commits an arrival. Once it has returned nil, the arrival survives any crash. When ctx ends first, Receive
// returns ctx's error, and the arrival may be stored nevertheless. Arrivals that come at the same time share commits.
func (s *Store) Receive(ctx context.Context, a inbox.Entry) (r inbox.Receipt, err error) {
	if a.DeliveryKey == nil { // without a key its receipt could not be matched to its row within a batch
		r, err = insertArrival(ctx, s.pool, a)
	} else {
		r, err = s.group.receive(ctx, a, s.writeArrivals)
	}
	if err != nil {
		return inbox.Receipt{}, fmt.Errorf("store arrival %s: %w", a.Code, err)
	}
	return r, nil
}

// Act commits a merchant's act in one transaction: its hint, and its line in the Item's audit.
func (s *Store) Act(ctx context.Context, a inbox.Entry, at time.Time, data any) (inbox.Receipt, error) {
	var r inbox.Receipt
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		r, err = act(ctx, tx, a, at, data)
		return err
	})
	if err != nil {
		return inbox.Receipt{}, fmt.Errorf("store %s: %w", a.Code, err)
	}
	return r, nil
}

func act(ctx context.Context, tx pgx.Tx, a inbox.Entry, at time.Time, data any) (inbox.Receipt, error) {
	if err := lockItem(ctx, tx, a.ItemID); err != nil {
		return inbox.Receipt{}, err
	}
	r, err := insertArrival(ctx, tx, a)
	if err != nil {
		return inbox.Receipt{}, err
	}
	_, err = appendAudit(ctx, tx, a.ItemID, at, a.Code, fmt.Sprintf("inbox/%d", r.RowID), data)
	return r, err
}

func releaseWaiting(ctx context.Context, tx pgx.Tx, id item.ID) error {
	_, err := tx.Exec(ctx, `UPDATE inbox SET state = 'pending' WHERE item_id = $1 AND state = 'waiting'`, id)
	if err != nil {
		return fmt.Errorf("release waiting deliveries: %w", err)
	}
	return nil
}

// Delivered marks rows whose signal Temporal has taken.
func (s *Store) Delivered(ctx context.Context, rowIDs []int64) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET state = 'delivered', delivered_at = now(), ended_at = NULL, lease_until = NULL
		WHERE inbox_id = ANY($1) AND `+asyncCommit, rowIDs)
	if err != nil {
		return fmt.Errorf("mark delivered: %w", err)
	}
	return nil
}

// Ignored marks rows that nobody will ever need, with the reason.
func (s *Store) Ignored(ctx context.Context, rowIDs []int64, why string) error {
	return s.markSettled(ctx, rowIDs, "ignored", why)
}

// MarkDead makes rows dead letters, with the reason: only a person can still do something about them.
func (s *Store) MarkDead(ctx context.Context, rowIDs []int64, why string) error {
	return s.markSettled(ctx, rowIDs, "dead", why)
}

// markSettled ends rows that will not be delivered. A row that was settled meanwhile, after our lease ran out, stays as
// it is. Release leaves such rows alone as well.
func (s *Store) markSettled(ctx context.Context, rowIDs []int64, state, why string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET state = $2, last_error = $3, ended_at = now(), lease_until = NULL
		WHERE inbox_id = ANY($1) AND state = 'pending'`, rowIDs, state, why)
	if err != nil {
		return fmt.Errorf("mark %s: %w", state, err)
	}
	return nil
}

// Release makes rows claimable again after a delay. With counted false the attempt does not count: it was not the
// Item's own fault.
func (s *Store) Release(ctx context.Context, rowIDs []int64, again time.Duration, cause string, counted bool) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET lease_until = NULL, again_at = now() + $2::interval, last_error = $3,
			attempts = attempts - CASE WHEN $4 THEN 0 ELSE 1 END
		WHERE inbox_id = ANY($1) AND state = 'pending' AND `+asyncCommit, rowIDs, again, cause, counted)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// erasePerSweep bounds how many bodies one sweep erases, so that no sweep holds locks for long. The next one continues.
const erasePerSweep = 10_000

// Sweep parks webhooks that came before their Item, wakes those whose Item has come meanwhile, makes dead letters of
// those that waited longer than patience, and erases bodies that have been kept for retention. dead is the number of
// new dead letters.
func (s *Store) Sweep(ctx context.Context, patience, retention time.Duration) (dead int64, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		steps := []string{
			`UPDATE inbox SET state = 'waiting', lease_until = NULL WHERE state = 'pending' AND (lease_until IS NULL OR lease_until <= now())
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
			UPDATE inbox SET state = 'dead', last_error = 'its item was never enrolled', ended_at = now()
			WHERE state = 'waiting' AND received_at < now() - $1::interval`, patience)
		dead = tag.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep inbox: %w", err)
	}
	_, err = s.pool.Exec(ctx, `
		UPDATE inbox SET raw_sealed = NULL WHERE inbox_id IN (
			SELECT inbox_id FROM inbox WHERE raw_sealed IS NOT NULL AND received_at < now() - $1::interval
			ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED)`, retention, erasePerSweep)
	if err != nil {
		return dead, fmt.Errorf("erase old bodies: %w", err)
	}
	return dead, nil
}
