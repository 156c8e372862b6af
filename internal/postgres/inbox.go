package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
	"relink/internal/item"
)

// Receive commits an entry. Once it has returned nil, the entry survives any crash. When ctx ends first, Receive
// returns ctx's error, and the entry may be stored nevertheless. Entries that come at the same time share commits.
func (s *Store) Receive(ctx context.Context, e inbox.Entry) (r inbox.Receipt, err error) {
	if e.DeliveryKey == nil { // without a key its receipt could not be matched to its row within a batch
		r, err = insertEntry(ctx, s.pool, e)
	} else {
		r, err = s.group.receive(ctx, e, s.writeEntries)
	}
	if err != nil {
		return inbox.Receipt{}, fmt.Errorf("store entry %s: %w", e.Code, err)
	}
	return r, nil
}

// Act commits a merchant's act in one transaction: its inbox row, and its row in the Item's audit. For an unknown Item
// it returns item.ErrUnknown.
func (s *Store) Act(ctx context.Context, e inbox.Entry, at time.Time, data any) (inbox.Receipt, error) {
	var r inbox.Receipt
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		r, err = act(ctx, tx, e, at, data)
		return err
	})
	if err != nil {
		return inbox.Receipt{}, fmt.Errorf("store %s: %w", e.Code, err)
	}
	return r, nil
}

func act(ctx context.Context, tx pgx.Tx, e inbox.Entry, at time.Time, data any) (inbox.Receipt, error) {
	if err := lockItem(ctx, tx, e.ItemID); err != nil {
		return inbox.Receipt{}, err
	}
	r, err := insertEntry(ctx, tx, e)
	if err != nil {
		return inbox.Receipt{}, err
	}
	_, err = appendAudit(ctx, tx, e.ItemID, at, e.Code, fmt.Sprintf("inbox/%d", r.RowID), data)
	return r, err
}

func releaseWaiting(ctx context.Context, tx pgx.Tx, id item.ID) error {
	_, err := tx.Exec(ctx, `UPDATE inbox SET state = 'pending' WHERE item_id = $1 AND state = 'waiting'`, id)
	if err != nil {
		return fmt.Errorf("release waiting deliveries: %w", err)
	}
	return nil
}

// Delivered marks rows whose signal Temporal has accepted.
func (s *Store) Delivered(ctx context.Context, rowIDs []int64) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET state = 'delivered', delivered_at = now(), ended_at = NULL, lease_until = NULL
		WHERE inbox_id = ANY($1) AND `+asyncCommit, rowIDs)
	if err != nil {
		return fmt.Errorf("mark delivered: %w", err)
	}
	return nil
}

// Ignored marks rows that concern no workflow, with the reason.
func (s *Store) Ignored(ctx context.Context, rowIDs []int64, why string) error {
	return s.markSettled(ctx, rowIDs, "ignored", why)
}

// MarkDead turns rows into dead letters, with the reason. Only a person can replay or discard them.
func (s *Store) MarkDead(ctx context.Context, rowIDs []int64, why string) error {
	return s.markSettled(ctx, rowIDs, "dead", why)
}

// markSettled ends rows that will not be delivered. A row that another process settled after our lease ran out stays as
// it is. Release does not change such rows either.
func (s *Store) markSettled(ctx context.Context, rowIDs []int64, state, why string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE inbox SET state = $2, last_error = $3, ended_at = now(), lease_until = NULL
		WHERE inbox_id = ANY($1) AND state = 'pending'`, rowIDs, state, why)
	if err != nil {
		return fmt.Errorf("mark %s: %w", state, err)
	}
	return nil
}

// Release makes rows claimable again after a delay. counted is false if the failure was not the Item's own; the attempt
// then does not count.
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

// Sweep parks webhooks that came before their Item, and wakes those whose Item has been enrolled since. Webhooks that
// waited longer than patience become dead letters; dead is their number. Bodies older than retention are erased.
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
