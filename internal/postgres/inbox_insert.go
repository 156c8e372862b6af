package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgtype/zeronull"

	"relink/internal/inbox"
)

// entryColumns are entries as the columns of one statement.
type entryColumns struct {
	source, environment, itemID, code []string
	until                             []zeronull.Timestamptz
	key                               [][]byte
	body                              []*string
	state, why, trace                 []string
	raw                               [][]byte
	stale                             []bool
	repeats                           []int32
	forward                           [][]byte // the delivery keys of the entries that are passed on to the platform
}

func (c *entryColumns) add(e inbox.Entry) {
	c.source, c.environment = append(c.source, string(e.Source)), append(c.environment, e.Environment)
	c.itemID, c.code = append(c.itemID, string(e.ItemID)), append(c.code, e.Code)
	c.until, c.key = append(c.until, orNull(e.Until)), append(c.key, e.DeliveryKey)
	var body *string
	if len(e.Body) > 0 {
		text := string(e.Body)
		body = &text
	}
	state, why := "pending", ""
	switch {
	case e.Dead != "":
		state, why = "dead", e.Dead
	case e.Ignored != "":
		state, why = "ignored", e.Ignored
	}
	c.body, c.state, c.why = append(c.body, body), append(c.state, state), append(c.why, why)
	c.trace, c.raw, c.stale = append(c.trace, e.Trace), append(c.raw, e.RawSealed), append(c.stale, e.Stale)
	c.repeats = append(c.repeats, 0)
	if e.Forward {
		c.forward = append(c.forward, e.DeliveryKey)
	}
}

// forwardSQL enqueues a message that passes an inbox row on to the platform. Its key contains a part of the delivery's
// key: row numbers repeat in a restored database, and the platform would take a new message for a repeat.
const forwardSQL = `INSERT INTO outbox (key, destination, item_id, event, inbox_id)
	SELECT 'plaid.webhook/' || inbox_id || '-' || left(encode(delivery_key, 'hex'), 16), 'platform', item_id, 'plaid.webhook', inbox_id`

// insertEntriesSQL inserts rows in key order to avoid deadlocks between replicas that have the same deliveries. xmax is
// 0 in a row that was never updated, so in a new one.
const insertEntriesSQL = `
	WITH arrived AS (
		INSERT INTO inbox (source, environment, item_id, code, until, delivery_key, body, state, last_error, trace,
			raw_sealed, stale, repeats, ended_at)
		SELECT source, environment, item_id, code, until, delivery_key, body::json, state, why, trace,
			raw, stale, repeats, CASE WHEN state <> 'pending' THEN now() END
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[], $7::text[], $8::text[],
			$9::text[], $10::text[], $11::bytea[], $12::bool[], $13::int[])
			AS a (source, environment, item_id, code, until, delivery_key, body, state, why, trace, raw, stale, repeats)
		ORDER BY delivery_key
		ON CONFLICT (delivery_key) DO UPDATE SET repeats = inbox.repeats + 1 + excluded.repeats
		RETURNING inbox_id, delivery_key, item_id, xmax <> 0 AS known
	), forwarded AS (
		` + forwardSQL + ` FROM arrived WHERE NOT known AND delivery_key = ANY($14::bytea[])
	)
	SELECT inbox_id, delivery_key, known FROM arrived`

// insertEntries writes all of the batch or none of it with one statement, and enqueues the messages that pass webhooks
// on. It sets the receipts in the batch. In a batch of more than one, each entry needs a delivery key.
func insertEntries(ctx context.Context, q querier, batch []*pendingEntry) error {
	batch = slices.Clone(batch)
	slices.SortStableFunc(batch, func(a, b *pendingEntry) int { return bytes.Compare(a.DeliveryKey, b.DeliveryKey) })
	var c entryColumns
	for i, e := range batch {
		if i > 0 && bytes.Equal(e.DeliveryKey, batch[i-1].DeliveryKey) {
			c.repeats[len(c.repeats)-1]++
			continue
		}
		c.add(e.Entry)
	}
	rows, err := q.Query(ctx, insertEntriesSQL, c.source, c.environment, c.itemID, c.code, c.until, c.key, c.body, c.state,
		c.why, c.trace, c.raw, c.stale, c.repeats, c.forward)
	if err != nil {
		return fmt.Errorf("insert into inbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r inbox.Receipt
		var key []byte
		if err := rows.Scan(&r.RowID, &key, &r.Repeat); err != nil {
			return fmt.Errorf("insert into inbox: %w", err)
		}
		first, _ := slices.BinarySearchFunc(batch, key, func(e *pendingEntry, key []byte) int { return bytes.Compare(e.DeliveryKey, key) })
		for _, e := range batch[first:] {
			if !bytes.Equal(e.DeliveryKey, key) {
				break
			}
			e.receipt = r
			r.Repeat = true // the next one with this key
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("insert into inbox: %w", err)
	}
	return nil
}

// insertEntry writes one entry in its caller's transaction.
func insertEntry(ctx context.Context, q querier, e inbox.Entry) (inbox.Receipt, error) {
	one := &pendingEntry{Entry: e}
	err := insertEntries(ctx, q, []*pendingEntry{one})
	return one.receipt, err
}
