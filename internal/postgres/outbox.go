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
)

// Option chooses how a Store works.
type Option func(*Store)

// TellPlatform has Record leave messages for the platform in the outbox. It is off by default: nobody would ever take
// them out.
func TellPlatform(on bool) Option { return func(s *Store) { s.tellPlatform = on } }

// eventOf names what the platform is told of a transition; a step that is not here is nobody's business but ours.
func eventOf(t item.Transition) (string, bool) {
	switch t.Step {
	case item.Opened, item.Changed, item.Closed:
		return "item." + string(t.To), true
	case item.Escalated, item.Ordered: // for persons here, not for the platform
	}
	return "", false
}

// tell leaves a message about a transition, once by its key.
func (s *Store) tell(ctx context.Context, tx pgx.Tx, id item.ID, t item.Transition) error {
	event, tell := eventOf(t)
	if !tell || !s.tellPlatform {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO outbox (key, destination, item_id, event, payload) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING`,
		fmt.Sprintf("platform/%s/%s", id, t.Key()), item.ToPlatform, id, event,
		map[string]any{"item_id": id, "incident": t.Incident, "state": t.To, "cause": t.Cause, "at": t.At})
	if err != nil {
		return fmt.Errorf("insert into outbox: %w", err)
	}
	return nil
}

// ClaimMessages leases up to limit messages that nobody delivers yet, oldest first. Others do not see them until
// MessagesStarted, ReleaseMessages or the lease's end.
func (s *Store) ClaimMessages(ctx context.Context, limit int, lease time.Duration) ([]item.Message, error) {
	rows, err := s.pool.Query(ctx, `
		WITH mine AS (
			SELECT outbox_id FROM outbox WHERE started_at IS NULL AND (lease_until IS NULL OR lease_until <= now())
			ORDER BY outbox_id LIMIT $1 FOR UPDATE SKIP LOCKED
		)
		UPDATE outbox SET lease_until = now() + $2::interval FROM mine WHERE outbox.outbox_id = mine.outbox_id
		RETURNING outbox.outbox_id, key, destination, event`, limit, lease)
	if err != nil {
		return nil, fmt.Errorf("claim from outbox: %w", err)
	}
	type claimed struct {
		RowID int64
		item.Message
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c claimed, err error) {
		err = row.Scan(&c.RowID, &c.Key, &c.Destination, &c.Event)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("claim from outbox: %w", err)
	}
	slices.SortFunc(found, func(a, b claimed) int { return cmp.Compare(a.RowID, b.RowID) }) // RETURNING is unordered
	messages := make([]item.Message, len(found))
	for i, c := range found {
		messages[i] = c.Message
	}
	return messages, nil
}

// MessagesStarted marks messages whose workflow exists.
func (s *Store) MessagesStarted(ctx context.Context, keys []string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET started_at = now(), lease_until = NULL WHERE key = ANY($1) AND started_at IS NULL`, keys)
	if err != nil {
		return fmt.Errorf("mark messages started: %w", err)
	}
	return nil
}

// ReleaseMessages gives messages back until a later time.
func (s *Store) ReleaseMessages(ctx context.Context, keys []string, again time.Duration) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET lease_until = now() + $2::interval WHERE key = ANY($1) AND started_at IS NULL`, keys, again)
	if err != nil {
		return fmt.Errorf("release messages: %w", err)
	}
	return nil
}

// Message returns a message with all that it says, or item.ErrNoMessage.
func (s *Store) Message(ctx context.Context, key string) (item.Telling, error) {
	told := item.Telling{Message: item.Message{Key: key}}
	var payload []byte
	err := s.pool.QueryRow(ctx, `
		SELECT o.destination, o.event, coalesce((o.payload ->> 'at')::timestamptz, i.received_at, o.created_at), o.payload,
			i.delivery_key, i.raw_sealed, o.delivered_at IS NOT NULL
		FROM outbox o LEFT JOIN inbox i USING (inbox_id) WHERE o.key = $1`, key).
		Scan(&told.Destination, &told.Event, &told.At, &payload, &told.DeliveryKey, &told.RawSealed, &told.Delivered)
	if errors.Is(err, pgx.ErrNoRows) {
		return item.Telling{}, fmt.Errorf("message %s: %w", key, item.ErrNoMessage)
	}
	if err != nil {
		return item.Telling{}, fmt.Errorf("read message %s: %w", key, err)
	}
	told.Payload = payload
	return told, nil
}

// MessageDelivered marks a message that its neighbour has; nothing takes that back.
func (s *Store) MessageDelivered(ctx context.Context, key string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET delivered_at = now(), failed_at = NULL, failure = '' WHERE key = $1 AND delivered_at IS NULL`, key)
	if err != nil {
		return fmt.Errorf("mark message %s delivered: %w", key, err)
	}
	return nil
}

// MessageFailed marks a message that was given up, unless its neighbour has it.
func (s *Store) MessageFailed(ctx context.Context, key, failure string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE outbox SET failed_at = now(), failure = $2 WHERE key = $1 AND delivered_at IS NULL`, key, failure)
	if err != nil {
		return fmt.Errorf("mark message %s failed: %w", key, err)
	}
	return nil
}

// OutboxDepth returns how many messages wait for their workflow, are under way and were given up, and how old the oldest is
// that may still be delivered, 0 when there is none. It reads undelivered rows only.
func (s *Store) OutboxDepth(ctx context.Context) (rows map[string]int, oldest time.Duration, err error) {
	rows = map[string]int{"waiting": 0, "under_way": 0, "failed": 0}
	found, err := s.pool.Query(ctx, `
		SELECT CASE WHEN failed_at IS NOT NULL THEN 'failed' WHEN started_at IS NULL THEN 'waiting' ELSE 'under_way' END AS state,
			count(*), extract(epoch FROM now() - min(created_at))::float8
		FROM outbox WHERE delivered_at IS NULL GROUP BY state`)
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
