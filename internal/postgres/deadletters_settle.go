package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/inbox"
	"relink/internal/item"
)

// settledPerTx is how many dead letters one transaction settles, so that a command for many holds no lock for long. If
// the command breaks off, the settled ones stay settled.
const settledPerTx = 100

// Replay makes dead letters pending again, as if they had never been tried. One that names no Item is read again from
// its body, because relink may have learned to read it since; if it still cannot be read, it stays dead with a reason.
// reread gets the body as the vault sealed it for the delivery, and people read its errors. Replay returns
// inbox.ErrNoDeadLetter for an id that is no dead letter, and *inbox.DeadCountError when the number is not the expected
// one.
func (s *Store) Replay(
	ctx context.Context, o inbox.DeadOrder, reread func(deliveryKey, sealed []byte) (inbox.Entry, error),
) (inbox.DeadTally, error) {
	tally, err := s.settle(ctx, o, func(ctx context.Context, tx pgx.Tx, d deadRow) (stillDead string, err error) {
		if d.itemID == "" {
			return replayUnread(ctx, tx, o, d, reread)
		}
		_, err = tx.Exec(ctx, `UPDATE inbox SET state = 'pending', `+resetSQL+` WHERE inbox_id = $1`, d.id)
		if err != nil {
			return "", fmt.Errorf("replay %d: %w", d.id, err)
		}
		return "", auditReplay(ctx, tx, o, d)
	})
	if err != nil {
		return tally, fmt.Errorf("replay dead letters: %w", err)
	}
	return tally, nil
}

// Discard ends dead letters permanently. Their rows stay, with who did it and why. Its errors are those of Replay.
func (s *Store) Discard(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error) {
	tally, err := s.settle(ctx, o, func(ctx context.Context, tx pgx.Tx, d deadRow) (stillDead string, err error) {
		reason := d.reason
		if o.Why != "" {
			reason += "; discarded: " + o.Why
		}
		_, err = tx.Exec(ctx, `
			UPDATE inbox SET state = 'discarded', ended_at = now(), ended_by = $2, last_error = $3 WHERE inbox_id = $1`, d.id, o.By, reason)
		if err != nil {
			return "", fmt.Errorf("discard %d: %w", d.id, err)
		}
		return "", auditOrder(ctx, tx, o, d, "dead_letter_discarded", fmt.Sprintf("inbox/%d/discarded", d.id))
	})
	if err != nil {
		return tally, fmt.Errorf("discard dead letters: %w", err)
	}
	return tally, nil
}

// deadRow is a dead letter under its lock.
type deadRow struct {
	id          int64
	itemID      item.ID
	reason      string
	replays     int
	key, sealed []byte
}

// settle calls do for every dead letter that the filter selects. do returns a reason if the letter stays dead.
func (s *Store) settle(
	ctx context.Context, o inbox.DeadOrder, do func(context.Context, pgx.Tx, deadRow) (stillDead string, err error),
) (inbox.DeadTally, error) {
	rows, err := s.pool.Query(ctx, `SELECT inbox_id FROM inbox WHERE `+deadSQL+` ORDER BY item_id, inbox_id`, filterArgs(o.Filter)...)
	if err != nil {
		return inbox.DeadTally{}, fmt.Errorf("look for dead letters: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return inbox.DeadTally{}, fmt.Errorf("look for dead letters: %w", err)
	}
	tally := inbox.DeadTally{Matches: len(ids)}
	for _, id := range o.Filter.IDs {
		if !slices.Contains(ids, id) {
			return tally, fmt.Errorf("dead letter %d: %w", id, inbox.ErrNoDeadLetter)
		}
	}
	if o.Expect >= 0 && o.Expect != len(ids) {
		return tally, &inbox.DeadCountError{Expected: o.Expect, Matches: len(ids)}
	}
	for some := range slices.Chunk(ids, settledPerTx) {
		done := tally
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			dead, err := lockDead(ctx, tx, some)
			if err != nil {
				return err
			}
			for _, d := range dead {
				reason, err := do(ctx, tx, d)
				switch {
				case err != nil:
					return err
				case reason == "":
					done.Done++
				default:
					done.Still = append(done.Still, inbox.StillDead{InboxID: d.id, Reason: reason})
				}
			}
			return nil
		})
		if err != nil {
			return tally, err
		}
		tally = done
	}
	return tally, nil
}

// lockDead locks and returns the rows that are still dead letters. It locks them in the same order every time, to avoid
// deadlocks.
func lockDead(ctx context.Context, tx pgx.Tx, ids []int64) ([]deadRow, error) {
	rows, err := tx.Query(ctx, `
		SELECT inbox_id, item_id, last_error, replays, delivery_key, raw_sealed FROM inbox
		WHERE inbox_id = ANY($1) AND state = 'dead' ORDER BY item_id, inbox_id FOR UPDATE`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock dead letters: %w", err)
	}
	dead, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d deadRow, err error) {
		err = row.Scan(&d.id, &d.itemID, &d.reason, &d.replays, &d.key, &d.sealed)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("lock dead letters: %w", err)
	}
	return dead, nil
}

// resetSQL makes a row look as if nobody had tried it.
const resetSQL = `attempts = 0, replays = replays + 1, last_error = '', ended_at = NULL, lease_until = NULL, again_at = NULL`

// replayUnread replays a row that names no Item. If it cannot, it stores and returns the reason.
func replayUnread(
	ctx context.Context, tx pgx.Tx, o inbox.DeadOrder, d deadRow, reread func(deliveryKey, sealed []byte) (inbox.Entry, error),
) (stillDead string, err error) {
	if len(d.sealed) == 0 {
		return leaveDead(ctx, tx, d, "its body is not kept any more, so it cannot be read again")
	}
	a, err := reread(d.key, d.sealed)
	switch {
	case err != nil:
		return leaveDead(ctx, tx, d, err.Error())
	case a.Dead != "":
		return leaveDead(ctx, tx, d, a.Dead)
	}
	_, err = tx.Exec(ctx, `
		UPDATE inbox SET state = 'pending', `+resetSQL+`, item_id = $2, code = $3, until = $4, body = $5 WHERE inbox_id = $1`,
		d.id, a.ItemID, a.Code, orNull(a.Until), a.Body)
	if err == nil && a.Ignored != "" {
		_, err = tx.Exec(ctx, `UPDATE inbox SET state = 'ignored', last_error = $2, ended_at = now() WHERE inbox_id = $1`, d.id, a.Ignored)
	}
	if err == nil && a.Forward {
		_, err = tx.Exec(ctx, forwardSQL+` FROM inbox WHERE inbox_id = $1 ON CONFLICT (key) DO NOTHING`, d.id)
	}
	if err != nil {
		return "", fmt.Errorf("replay %d: %w", d.id, err)
	}
	d.itemID = a.ItemID
	return "", auditReplay(ctx, tx, o, d)
}

// leaveDead stores why a replay failed and returns the stored reason.
func leaveDead(ctx context.Context, tx pgx.Tx, d deadRow, why string) (string, error) {
	why = "replayed in vain: " + why
	_, err := tx.Exec(ctx, `UPDATE inbox SET last_error = $2 WHERE inbox_id = $1`, d.id, why)
	if err != nil {
		return "", fmt.Errorf("replay %d: %w", d.id, err)
	}
	return why, nil
}

func auditReplay(ctx context.Context, tx pgx.Tx, o inbox.DeadOrder, d deadRow) error {
	return auditOrder(ctx, tx, o, d, "dead_letter_replayed", fmt.Sprintf("inbox/%d/replay-%d", d.id, d.replays+1))
}

// auditOrder records in the Item's audit who did what, if the Item is enrolled.
func auditOrder(ctx context.Context, tx pgx.Tx, o inbox.DeadOrder, d deadRow, kind, key string) error {
	var enrolled bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM items WHERE item_id = $1)`, d.itemID).Scan(&enrolled); err != nil {
		return fmt.Errorf("look for item %s: %w", d.itemID, err)
	}
	if !enrolled {
		return nil
	}
	if err := lockItem(ctx, tx, d.itemID); err != nil {
		return err
	}
	data := map[string]any{"inbox_id": d.id, "by": o.By, "reason": d.reason}
	if o.Why != "" {
		data["why"] = o.Why
	}
	_, err := appendAudit(ctx, tx, d.itemID, time.Now(), kind, key, data)
	return err
}
