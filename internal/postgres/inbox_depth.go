package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// InboxDepth returns the number of rows in each state that still needs somebody (pending, waiting, dead), and the age
// of the oldest pending row, 0 when there is none. It reads open and dead rows only, so it stays cheap however many
// were delivered.
func (s *Store) InboxDepth(ctx context.Context) (rows map[string]int, oldestPending time.Duration, err error) {
	rows = map[string]int{}
	found, err := s.pool.Query(ctx, `
		SELECT 'pending', count(*), coalesce(extract(epoch FROM now() - min(received_at)), 0)::float8 FROM inbox WHERE state = 'pending'
		UNION ALL
		SELECT 'waiting', count(*), 0 FROM inbox WHERE state = 'waiting'
		UNION ALL
		SELECT 'dead', count(*), 0 FROM inbox WHERE state = 'dead'`)
	if err != nil {
		return nil, 0, fmt.Errorf("measure inbox: %w", err)
	}
	var (
		state   string
		n       int
		seconds float64
	)
	if _, err := pgx.ForEachRow(found, []any{&state, &n, &seconds}, func() error {
		rows[state] = n
		if state == "pending" {
			oldestPending = time.Duration(seconds * float64(time.Second))
		}
		return nil
	}); err != nil {
		return nil, 0, fmt.Errorf("measure inbox: %w", err)
	}
	return rows, oldestPending, nil
}
