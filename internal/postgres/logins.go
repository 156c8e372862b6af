package postgres

import (
	"context"
	"fmt"
	"time"

	"relink/internal/item"
)

// AcquireLoginCheck gives the caller the turn to ask Plaid about an institution, unless any process took it within
// every. mine reports whether the caller has the turn. last is the latest known status, zero when there is none.
func (s *Store) AcquireLoginCheck(
	ctx context.Context, institutionID string, every time.Duration,
) (mine bool, last item.LoginStatus, err error) {
	err = s.pool.QueryRow(ctx, `
		WITH turn AS (
			INSERT INTO institution_logins AS l (institution_id, turn_at) VALUES ($1, now())
			ON CONFLICT (institution_id) DO UPDATE SET turn_at = now() WHERE l.turn_at <= now() - $2::interval
			RETURNING true
		)
		SELECT EXISTS (SELECT FROM turn), coalesce(l.down, false), l.answered_at
		FROM (SELECT) AS one LEFT JOIN institution_logins l ON institution_id = $1`, institutionID, every).
		Scan(&mine, &last.Down, zeroIfNull(&last.At))
	if err != nil {
		return false, last, fmt.Errorf("take the turn to ask about institution %s: %w", institutionID, err)
	}

	return mine, last, nil
}

// SaveLoginStatus stores Plaid's status of an institution for all processes.
func (s *Store) SaveLoginStatus(ctx context.Context, institutionID string, status item.LoginStatus) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE institution_logins SET down = $2, answered_at = $3 WHERE institution_id = $1`, institutionID, status.Down, status.At)
	if err != nil {
		return fmt.Errorf("store login status of institution %s: %w", institutionID, err)
	}
	return nil
}
