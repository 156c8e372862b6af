package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/vault"
)

// refColumns identify an Item in the tables i (items) and m (merchants). refFields scans them.
const refColumns = `i.item_id, i.environment, i.merchant_id, m.business_name, i.institution_id, i.institution, m.partner`

func refFields(r *item.Ref) []any {
	return []any{&r.ID, &r.Environment, &r.MerchantID, &r.BusinessName, &r.InstitutionID, &r.Institution, &r.Partner}
}

// Load returns an Item and its life as the recorded transitions left it. For an unknown Item it returns
// item.ErrUnknown.
func (s *Store) Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error) {
	var ref item.Ref
	var life item.Life
	var endsAt time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT `+refColumns+`, i.state, i.cause, i.incident, i.changes, i.broken_since,
			(SELECT count(*) FROM mail_items c JOIN mails USING (mail_id) WHERE c.item_id = i.item_id AND c.incident = i.incident
				AND c.kind = $2::jsonb ->> i.state
				AND (sent_at IS NOT NULL OR failed_at IS NOT NULL OR shadowed_at IS NOT NULL)),
			i.ends_at
		FROM items i JOIN merchants m USING (merchant_id) WHERE i.item_id = $1`, id, countedKinds()).
		Scan(append(refFields(&ref), &life.State, &life.Cause, &life.Incident, &life.Changes, zeroIfNull(&life.BrokenSince),
			&life.Reminders, zeroIfNull(&endsAt))...)
	if errors.Is(err, pgx.ErrNoRows) {
		return item.Ref{}, item.Life{}, fmt.Errorf("load item %s: %w", id, item.ErrUnknown)
	}
	if err != nil {
		return item.Ref{}, item.Life{}, fmt.Errorf("load item %s: %w", id, err)
	}
	if life.State == item.Expiring {
		life.Expiry = item.Expiry{At: endsAt, Cause: life.Cause, By: item.ExpiryAnnounced, Since: life.BrokenSince}
	}
	return ref, life, nil
}

// Token returns an Item's access token, sealed as it is stored. For an unknown Item it returns item.ErrUnknown.
func (s *Store) Token(ctx context.Context, id item.ID) (vault.Sealed, error) {
	sealed := vault.Sealed{Row: "items/" + string(id)}
	err := s.pool.QueryRow(ctx, `SELECT token_sealed FROM items WHERE item_id = $1`, id).Scan(&sealed.Ciphertext)
	if errors.Is(err, pgx.ErrNoRows) {
		return vault.Sealed{}, fmt.Errorf("token of item %s: %w", id, item.ErrUnknown)
	}
	if err != nil {
		return vault.Sealed{}, fmt.Errorf("token of item %s: %w", id, err)
	}
	return sealed, nil
}

// Record writes transitions in order. The Item's row, the audit and the outbox change together or not at all. A
// transition whose key is recorded already changes nothing. For an unknown Item it returns item.ErrUnknown.
func (s *Store) Record(ctx context.Context, id item.ID, transitions []item.Transition) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		for _, t := range transitions {
			if err := s.record(ctx, tx, id, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record transitions: %w", err)
	}
	return nil
}

func (s *Store) record(ctx context.Context, tx pgx.Tx, id item.ID, t item.Transition) error {
	added, err := appendAudit(ctx, tx, id, t.At, "incident_"+string(t.Step), "incident/"+t.Key(), t)
	if err != nil || !added {
		return err
	}
	var brokenSince time.Time
	if t.To.NeedsMerchant() {
		brokenSince = t.At
	}
	_, err = tx.Exec(ctx, `
		UPDATE items SET state = $2, cause = $3, incident = $4, updated_at = now(),
			changes = CASE WHEN incident = $4 THEN greatest(changes, $5) ELSE $5 END,
			broken_since = CASE WHEN $6::timestamptz IS NULL THEN NULL ELSE coalesce(broken_since, $6) END,
			ends_at = CASE WHEN $2 = 'expiring' THEN coalesce($7, ends_at) END
		WHERE item_id = $1`, id, t.To, t.Cause, t.Incident, changesOf(t), orNull(brokenSince), orNull(t.EndsAt))
	if err != nil {
		return fmt.Errorf("move item: %w", err)
	}
	if err := syncTasks(ctx, tx, id, t); err != nil {
		return err
	}
	return s.enqueue(ctx, tx, id, t)
}

// changesOf returns the number of a Changed step. The other steps have numbers of their own, so for them it returns 0.
func changesOf(t item.Transition) int {
	if t.Step == item.Changed {
		return t.Change
	}
	return 0
}
