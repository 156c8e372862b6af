package postgres

import (
	"context"
	"fmt"

	"relink/internal/linksession"
)

const (
	// eventsOfSession bounds the stored events of one Link session. A long one has some forty events.
	eventsOfSession = 200
	// eventsOfSlot bounds the stored events of one mail's deep link, because its holder can make up sessions.
	eventsOfSlot = 1000
)

// KeepLinkEvent stores an event that Link reported to the page. If the session or the deep link has reached its bound,
// it stores nothing and returns nil.
func (s *Store) KeepLinkEvent(ctx context.Context, e linksession.Event) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO link_events (item_id, slot, session, event, view, status, error_type, error_code, said_at, at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
		FROM (SELECT count(*) AS of_slot, count(*) FILTER (WHERE session = $3) AS of_session
			FROM link_events WHERE item_id = $1 AND slot = $2) AS kept
		WHERE of_session < $11 AND of_slot < $12`,
		e.ItemID, e.Slot, e.Session, e.Event, e.View, e.Status, e.ErrorType, e.ErrorCode, orNull(e.SaidAt), e.At,
		eventsOfSession, eventsOfSlot)
	if err != nil {
		return fmt.Errorf("keep link event of item %s: %w", e.ItemID, err)
	}
	return nil
}
