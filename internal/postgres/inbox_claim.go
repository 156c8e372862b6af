package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
	"relink/internal/item"
)

// pendingSQL, an optional condition on item_id and dueSQL together select up to $1 Items with claimable rows, the Item
// with the oldest row first. An Item whose webhooks are leased elsewhere, or were signalled within $2, qualifies only
// if it has a merchant's act waiting. OFFSET 0 keeps Postgres from checking that for every Item before it applies the
// limit. The subselects keep it from joining whole tables.
const (
	pendingSQL = `
	WITH open AS MATERIALIZED (
		SELECT item_id, min(inbox_id) FILTER (WHERE free) AS first, bool_or(free AND source <> 'webhook') AS act,
			bool_or(source = 'webhook' AND lease_until > now()) AS under_way
		FROM (
			SELECT item_id, inbox_id, source, lease_until,
				coalesce(lease_until <= now(), true) AND coalesce(again_at <= now(), true) AS free
			FROM inbox WHERE state = 'pending'`
	dueSQL = `
		) AS pending GROUP BY item_id
	)
	SELECT item_id FROM (SELECT * FROM open WHERE first IS NOT NULL ORDER BY first OFFSET 0) AS open
	WHERE (act OR under_way IS NOT TRUE AND coalesce((
			SELECT max(delivered_at) FROM inbox d WHERE d.item_id = open.item_id AND d.source = 'webhook'
		) <= now() - $2::interval, true))
		AND (SELECT true FROM items WHERE items.item_id = open.item_id)
	LIMIT $1`
)

const leaseSQL = `
	WITH due AS (` + pendingSQL + ` AND item_id = ANY($3)` + dueSQL + `), mine AS (
		SELECT inbox_id FROM inbox
		WHERE item_id = ANY(ARRAY(SELECT item_id FROM due)) AND state = 'pending'
			AND coalesce(lease_until <= now(), true) AND coalesce(again_at <= now(), true)
		FOR UPDATE OF inbox SKIP LOCKED
	)
	UPDATE inbox SET lease_until = now() + $4::interval, attempts = attempts + 1
	WHERE inbox_id = ANY(ARRAY(SELECT inbox_id FROM mine)) AND ` + asyncCommit + `
	RETURNING inbox_id, source, code, stale, coalesce(until, 'epoch'), received_at,
		CASE code WHEN '` + item.PendingDisconnect + `' THEN coalesce(body->>'reason', '')
			WHEN '` + item.SessionFinished + `' THEN coalesce(body->>'status', '') ELSE '' END,
		trace, item_id, attempts, extract(epoch FROM now() - received_at)::float8`

// asyncCommit turns synchronous_commit off for the transaction of its statement. A crash of the machine may lose the
// lease or mark. The rows are then delivered again, which is safe. Rows that we have acknowledged are always committed
// synchronously.
const asyncCommit = `(SELECT set_config('synchronous_commit', 'off', true)) = 'off'`

// claimLockClass is the first half of the advisory lock under which an Item's rows are leased. The second half is a
// hash of the Item's id.
const claimLockClass = 0x696e6278

// Claim leases the open rows of up to limit Items and returns them, one batch per Item, the Item with the oldest row
// first. An Item whose webhooks were signalled within pace, or are leased, is left for later, but merchants' acts do
// not wait. Other replicas do not see leased rows. A lease that runs out without Delivered or Release makes its rows
// claimable again.
func (s *Store) Claim(ctx context.Context, limit int, lease, pace time.Duration) ([]inbox.Batch, error) {
	due, err := itemIDs(ctx, s.pool, pendingSQL+dueSQL, limit, pace)
	if err != nil {
		return nil, fmt.Errorf("look for due items: %w", err)
	}
	if len(due) == 0 {
		return nil, nil
	}
	var batches []inbox.Batch
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Two replicas must not split an Item's rows between them, because that would be two signals. The lock is tried in a
		// statement of its own: only a later statement sees what the lock's last holder leased.
		mine, err := itemIDs(ctx, tx, `
			SELECT item_id FROM unnest($1::text[]) AS item_id WHERE pg_try_advisory_xact_lock($2, hashtext(item_id))`, due, claimLockClass)
		if err != nil || len(mine) == 0 {
			return err
		}
		rows, err := tx.Query(ctx, leaseSQL, limit, pace, mine, lease)
		if err != nil {
			return fmt.Errorf("lease rows: %w", err)
		}
		claimed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[claimedRow])
		if err != nil {
			return fmt.Errorf("lease rows: %w", err)
		}
		batches = batch(claimed)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim from inbox: %w", err)
	}
	return batches, nil
}

func itemIDs(ctx context.Context, q querier, sql string, args ...any) ([]item.ID, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[item.ID])
}
