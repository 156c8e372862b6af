package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/neighbour"
)

// Option chooses how a Store works.
type Option func(*Store)

// WithNeighbours makes Record write to the outbox: rows returns the rows that an event causes, one for each neighbour
// that wants it. By default Record writes none, since nobody would ever send them.
func WithNeighbours(rows func(neighbour.Event) []neighbour.Row) Option {
	return func(s *Store) { s.outboxRows = rows }
}

// enqueue writes the messages about a transition, each once by its key.
func (s *Store) enqueue(ctx context.Context, tx pgx.Tx, id item.ID, t item.Transition) error {
	if s.outboxRows == nil {
		return nil
	}
	payload := map[string]any{"item_id": id, "incident": t.Incident, "state": t.To, "cause": t.Cause, "at": t.At}
	for _, row := range s.outboxRows(neighbour.Event{ItemID: id, Transition: t}) {
		var notBefore *time.Time
		if !row.NotBefore.IsZero() {
			notBefore = &row.NotBefore
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO outbox (key, destination, item_id, event, payload, not_before) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (key) DO NOTHING`,
			row.Key, row.Destination, id, row.Event, payload, notBefore)
		if err != nil {
			return fmt.Errorf("insert into outbox: %w", err)
		}
	}
	return nil
}

// ClaimMessages leases up to limit due messages to these destinations that have no workflow yet, oldest first. No other
// caller gets them until ReleaseMessages or the end of the lease; MessagesStarted ends their claims.
func (s *Store) ClaimMessages(ctx context.Context, destinations []string, limit int, lease time.Duration) ([]neighbour.Envelope, error) {
	rows, err := s.pool.Query(ctx, `
		WITH mine AS (
			SELECT outbox_id FROM outbox WHERE started_at IS NULL AND (lease_until IS NULL OR lease_until <= now())
				AND (not_before IS NULL OR not_before <= now()) AND destination = ANY($3)
			ORDER BY outbox_id LIMIT $1 FOR UPDATE SKIP LOCKED
		)
		UPDATE outbox SET lease_until = now() + $2::interval FROM mine WHERE outbox.outbox_id = mine.outbox_id
		RETURNING outbox.outbox_id, key, destination, event`, limit, lease, destinations)
	if err != nil {
		return nil, fmt.Errorf("claim from outbox: %w", err)
	}
	type claimed struct {
		RowID int64
		neighbour.Envelope
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c claimed, err error) {
		err = row.Scan(&c.RowID, &c.Key, &c.Destination, &c.Event)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("claim from outbox: %w", err)
	}
	slices.SortFunc(found, func(a, b claimed) int { return cmp.Compare(a.RowID, b.RowID) }) // RETURNING is unordered
	messages := make([]neighbour.Envelope, len(found))
	for i, c := range found {
		messages[i] = c.Envelope
	}
	return messages, nil
}

// MessagesStarted marks messages whose workflows exist.
func (s *Store) MessagesStarted(ctx context.Context, keys []string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET started_at = now(), lease_until = NULL WHERE key = ANY($1) AND started_at IS NULL`, keys)
	if err != nil {
		return fmt.Errorf("mark messages started: %w", err)
	}
	return nil
}

// ReleaseMessages ends the claims of messages: they can be claimed once again has passed.
func (s *Store) ReleaseMessages(ctx context.Context, keys []string, again time.Duration) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET lease_until = now() + $2::interval WHERE key = ANY($1) AND started_at IS NULL`, keys, again)
	if err != nil {
		return fmt.Errorf("release messages: %w", err)
	}
	return nil
}

// Message returns a message with its content and its Item as they are now. The error is neighbour.ErrNoMessage for a
// key that the outbox does not hold.
func (s *Store) Message(ctx context.Context, key string) (neighbour.Message, error) {
	m := neighbour.Message{Envelope: neighbour.Envelope{Key: key}}
	var payload []byte
	err := s.pool.QueryRow(ctx, `
		SELECT o.destination, o.event, o.item_id, coalesce((o.payload ->> 'at')::timestamptz, i.received_at, o.created_at), o.payload,
			i.delivery_key, i.raw_sealed, o.delivered_at IS NOT NULL, coalesce(t.state, ''), coalesce(t.cause, ''),
			coalesce(t.incident, 0), coalesce(t.hubspot_deal_id, ''), coalesce(t.marqeta_user_token, '')
		FROM outbox o LEFT JOIN inbox i USING (inbox_id) LEFT JOIN items t ON t.item_id = o.item_id WHERE o.key = $1`, key).
		Scan(&m.Destination, &m.Event, &m.ItemID, &m.At, &payload, &m.DeliveryKey, &m.RawSealed, &m.Delivered,
			&m.Now.State, &m.Now.Cause, &m.Now.Incident, &m.Now.HubSpotDealID, &m.Now.MarqetaUserToken)
	if errors.Is(err, pgx.ErrNoRows) {
		return neighbour.Message{}, fmt.Errorf("message %s: %w", key, neighbour.ErrNoMessage)
	}
	if err != nil {
		return neighbour.Message{}, fmt.Errorf("read message %s: %w", key, err)
	}
	m.Payload = payload
	return m, nil
}

// MessageDelivered marks a message as delivered. Nothing undoes that.
func (s *Store) MessageDelivered(ctx context.Context, key string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET delivered_at = now(), failed_at = NULL, failure = '' WHERE key = $1 AND delivered_at IS NULL`, key)
	if err != nil {
		return fmt.Errorf("mark message %s delivered: %w", key, err)
	}
	return nil
}

// MessageFailed marks a message as given up, unless it is delivered.
func (s *Store) MessageFailed(ctx context.Context, key, failure string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET failed_at = now(), failure = $2 WHERE key = $1 AND delivered_at IS NULL`, key, failure)
	if err != nil {
		return fmt.Errorf("mark message %s failed: %w", key, err)
	}
	return nil
}

// OutboxDepth returns how many messages to a destination wait for their workflow, are under way and were given up, and
// how long the oldest one that may still be delivered has been due, 0 when there is none. It reads undelivered rows
// only.
func (s *Store) OutboxDepth(ctx context.Context, destination string) (rows map[string]int, oldest time.Duration, err error) {
	rows = map[string]int{"waiting": 0, "under_way": 0, "failed": 0}
	found, err := s.pool.Query(ctx, `
		SELECT CASE WHEN failed_at IS NOT NULL THEN 'failed' WHEN started_at IS NULL THEN 'waiting' ELSE 'under_way' END AS state,
			count(*), extract(epoch FROM now() - min(greatest(created_at, not_before)))::float8
		FROM outbox WHERE delivered_at IS NULL AND destination = $1 GROUP BY state`, destination)
	if err != nil {
		return nil, 0, fmt.Errorf("measure outbox: %w", err)
	}
	var (
		state   string
		n       int
		seconds float64
	)
	if _, err := pgx.ForEachRow(found, []any{&state, &n, &seconds}, func() error {
		rows[state] = n
		if state != "failed" {
			oldest = max(oldest, time.Duration(seconds*float64(time.Second)))
		}
		return nil
	}); err != nil {
		return nil, 0, fmt.Errorf("measure outbox: %w", err)
	}
	return rows, oldest, nil
}
