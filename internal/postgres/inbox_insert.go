package postgres

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"relink/internal/inbox"
)

// arrivalRows are arrivals as the columns of one statement.
type arrivalRows struct {
	source, environment, itemID, code []string
	until                             []*time.Time
	key                               [][]byte
	body                              []*string
	state, why, trace                 []string
	raw                               [][]byte
	stale                             []bool
	repeats                           []int32
	forward                           [][]byte // the delivery keys of those that are passed on to the platform
}

func (c *arrivalRows) add(a inbox.Entry) {
	c.source, c.environment = append(c.source, string(a.Source)), append(c.environment, a.Environment)
	c.itemID, c.code = append(c.itemID, string(a.ItemID)), append(c.code, a.Code)
	var until *time.Time
	if !a.Until.IsZero() {
		until = &a.Until
	}
	c.until, c.key = append(c.until, until), append(c.key, a.DeliveryKey)
	var body *string
	if len(a.Body) > 0 {
		text := string(a.Body)
		body = &text
	}
	state, why := "pending", ""
	switch {
	case a.Dead != "":
		state, why = "dead", a.Dead
	case a.Ignored != "":
		state, why = "ignored", a.Ignored
	}
	c.body, c.state, c.why = append(c.body, body), append(c.state, state), append(c.why, why)
	c.trace, c.raw, c.stale = append(c.trace, a.Trace), append(c.raw, a.RawSealed), append(c.stale, a.Stale)
	c.repeats = append(c.repeats, 0)
	if a.Forward {
		c.forward = append(c.forward, a.DeliveryKey)
	}
}

// forwardSQL enqueues a message that passes an inbox row on to the platform. Its key contains a part of the delivery's
// key, so that it is unique even after the database was made anew.
const forwardSQL = `INSERT INTO outbox (key, destination, item_id, event, inbox_id)
	SELECT 'plaid.webhook/' || inbox_id || '-' || left(encode(delivery_key, 'hex'), 16), 'platform', item_id, 'plaid.webhook', inbox_id`

// Rows are inserted in key order to avoid deadlocks between replicas that have the same deliveries. xmax is 0 in a row
// that nobody has updated, so in a new one. A message's key contains a part of the delivery's: row numbers repeat in a
// restored database, and the platform would take a new message for a repeat.
const insertArrivalsSQL = `
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

// insertArrivals writes all of the batch or none of it with one statement, with the messages that pass webhooks on. It
// notes the receipts in the batch. In a batch of more than one each arrival needs a delivery key.
func insertArrivals(ctx context.Context, q querier, batch []*pendingArrival) error {
	batch = slices.Clone(batch)
	slices.SortStableFunc(batch, func(a, b *pendingArrival) int { return bytes.Compare(a.DeliveryKey, b.DeliveryKey) })
	var c arrivalRows
	for i, a := range batch {
		if i > 0 && bytes.Equal(a.DeliveryKey, batch[i-1].DeliveryKey) {
			c.repeats[len(c.repeats)-1]++
			continue
		}
		c.add(a.Entry)
	}
	rows, err := q.Query(ctx, insertArrivalsSQL, c.source, c.environment, c.itemID, c.code, c.until, c.key, c.body, c.state,
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
		first, _ := slices.BinarySearchFunc(batch, key, func(a *pendingArrival, key []byte) int { return bytes.Compare(a.DeliveryKey, key) })
		for _, a := range batch[first:] {
			if !bytes.Equal(a.DeliveryKey, key) {
				break
			}
			a.receipt = r
			r.Repeat = true // the next one with this key
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("insert into inbox: %w", err)
	}
	return nil
}

// insertArrival writes one arrival in its caller's transaction.
func insertArrival(ctx context.Context, q querier, a inbox.Entry) (inbox.Receipt, error) {
	one := &pendingArrival{Entry: a}
	err := insertArrivals(ctx, q, []*pendingArrival{one})
	return one.receipt, err
}
