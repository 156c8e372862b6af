package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Sessions stores the sessions of people who are signed in. Its keys are hashes already.
//
// The session library has a store of its own for pgx. That store takes no context, and after each use it writes the
// session back with a statement that also inserts: a request that is still running while the person signs out would
// bring the session back to life. Here a use can only update a session that exists.
type Sessions struct {
	store *Store
	idle  time.Duration
}

// Sessions returns the sessions of this database. A session that is not used for idle ends.
func (s *Store) Sessions(idle time.Duration) *Sessions { return &Sessions{store: s, idle: idle} }

// Use returns the session of a key, and counts as a use. found is false when there is no such session or it has ended.
func (s *Sessions) Use(ctx context.Context, key string) (data []byte, found bool, err error) {
	err = s.store.pool.QueryRow(ctx, `
		UPDATE sessions SET idle_until = now() + $2::interval WHERE token = $1 AND expiry > now() AND idle_until > now()
		RETURNING data`, key, s.idle).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("use session: %w", err)
	}
	return data, true, nil
}

// Begin stores a session under a key that was never used before, until expiry at most.
func (s *Sessions) Begin(ctx context.Context, key string, data []byte, expiry time.Time) error {
	_, err := s.store.pool.Exec(ctx, `
		INSERT INTO sessions (token, data, expiry, idle_until) VALUES ($1, $2, $3, now() + $4::interval)`, key, data, expiry, s.idle)
	if err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	return nil
}

// End deletes the session of a key, if there is one.
func (s *Sessions) End(ctx context.Context, key string) error {
	if _, err := s.store.pool.Exec(ctx, `DELETE FROM sessions WHERE token = $1`, key); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Sweep deletes the sessions that have ended and returns their number.
func (s *Sessions) Sweep(ctx context.Context) (int64, error) {
	tag, err := s.store.pool.Exec(ctx, `DELETE FROM sessions WHERE least(expiry, idle_until) <= now()`)
	if err != nil {
		return 0, fmt.Errorf("sweep sessions: %w", err)
	}
	return tag.RowsAffected(), nil
}
