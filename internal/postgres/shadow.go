package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// Shadow turns an Item's shadow mode on or off, with a line in its timeline: in shadow mode its mails are recorded and
// not sent. changed is false when it was so already.
func (s *Store) Shadow(ctx context.Context, id item.ID, on bool, at time.Time) (changed bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE items SET shadow = $2, updated_at = now() WHERE item_id = $1 AND shadow <> $2`, id, on)
		if changed = tag.RowsAffected() > 0; err != nil || !changed {
			return err
		}
		kind := "shadow_ended"
		if on {
			kind = "shadow_began"
		}
		_, err = appendAudit(ctx, tx, id, at, kind, "shadow/"+strconv.FormatInt(at.UnixNano(), 10), map[string]any{})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("shadow item %s: %w", id, err)
	}
	return changed, nil
}
