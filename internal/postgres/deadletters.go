package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
)

// deadSQL is the condition of a filter. Its arguments come from filterArgs.
const deadSQL = `state = 'dead' AND ($1::bigint[] IS NULL OR inbox_id = ANY($1)) AND ($2 = '' OR code = $2) AND ($3 = '' OR item_id = $3)
	AND ($4 = '' OR strpos(lower(last_error), lower($4)) > 0)
	AND ($5::timestamptz IS NULL OR received_at < $5) AND ($6::timestamptz IS NULL OR received_at > $6)`

func filterArgs(f inbox.DeadFilter) []any {
	return []any{f.IDs, f.Code, f.ItemID, f.Reason, orNull(f.Before), orNull(f.After)}
}

// DeadLetters returns the dead letters that the filter selects, newest first, up to the filter's limit or a list's, and
// their total number.
func (s *Store) DeadLetters(ctx context.Context, f inbox.DeadFilter) (dead []inbox.DeadLetter, total int, err error) {
	limit := listLimit
	if f.Limit > 0 {
		limit = min(f.Limit, listLimit)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT inbox_id, received_at, coalesce(ended_at, received_at), source, item_id, code, last_error, attempts, repeats, replays,
			trace, body, count(*) OVER ()
		FROM inbox WHERE `+deadSQL+` ORDER BY inbox_id DESC LIMIT $7`, append(filterArgs(f), limit)...)
	if err != nil {
		return nil, 0, fmt.Errorf("list dead letters: %w", err)
	}
	dead, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d inbox.DeadLetter, err error) {
		var body *string // the stored text, unchanged
		err = row.Scan(&d.InboxID, &d.ReceivedAt, &d.EndedAt, &d.Source, &d.ItemID, &d.Code, &d.Reason, &d.Attempts, &d.Repeats,
			&d.Replays, &d.Trace, &body, &total)
		if body != nil {
			d.Body = json.RawMessage(*body)
		}
		return d, err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list dead letters: %w", err)
	}
	return dead, total, nil
}

// DeadLetter returns one dead letter, or inbox.ErrNoDeadLetter.
func (s *Store) DeadLetter(ctx context.Context, inboxID int64) (inbox.DeadLetter, error) {
	dead, _, err := s.DeadLetters(ctx, inbox.DeadFilter{IDs: []int64{inboxID}})
	if err != nil {
		return inbox.DeadLetter{}, err
	}
	if len(dead) == 0 {
		return inbox.DeadLetter{}, fmt.Errorf("dead letter %d: %w", inboxID, inbox.ErrNoDeadLetter)
	}
	return dead[0], nil
}
