package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// Enrol stores the merchant (created, or brought up to date), the Item with its sealed token and the first audit row, releases
// webhooks that came before it, and leaves a hint that starts its workflow: all or nothing. Enrolling the same Item
// for the same merchant again changes the merchant's details and the token only; created is then false. For another
// merchant it answers item.ErrTaken.
func (s *Store) Enrol(ctx context.Context, e item.Enrolment) (created bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := upsertMerchant(ctx, tx, e.Merchant); err != nil {
			return err
		}
		var owner string
		err := tx.QueryRow(ctx, `
			INSERT INTO items (item_id, environment, merchant_id, institution_id, institution, token_sealed, enrolled_at,
				required_accounts, hubspot_deal_id, marqeta_user_token)
			VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8::text[], '{}'), $9, $10)
			ON CONFLICT (item_id) DO UPDATE SET token_sealed = excluded.token_sealed, updated_at = now()
			RETURNING merchant_id, xmax = 0`,
			e.Card.ID, e.Card.Environment, e.Merchant.ID, e.Card.InstitutionID, e.Card.Institution, e.Token.Ciphertext, e.At,
			e.RequiredAccounts, e.HubSpotDealID, e.MarqetaUserToken,
		).Scan(&owner, &created)
		if err != nil {
			return fmt.Errorf("insert item: %w", err)
		}
		if owner != e.Merchant.ID {
			return fmt.Errorf("item %s: %w", e.Card.ID, item.ErrTaken)
		}
		if !created {
			return nil
		}
		_, err = appendAudit(ctx, tx, e.Card.ID, e.At, "enrolled", "enrolled",
			map[string]string{"merchant_id": e.Merchant.ID, "institution": e.Card.Institution, "environment": e.Card.Environment})
		if err != nil {
			return err
		}
		if err := releaseWaiting(ctx, tx, e.Card.ID); err != nil {
			return err
		}
		_, err = insertArrival(ctx, tx, item.Arrival{
			Source: item.FromEnrolment, Environment: e.Card.Environment, ItemID: e.Card.ID, Code: item.Enrolled, Trace: e.Trace,
		})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("enrol item %s: %w", e.Card.ID, err)
	}
	return created, nil
}

func upsertMerchant(ctx context.Context, tx pgx.Tx, m item.Merchant) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO merchants (merchant_id, business_name, contact_name, email, time_zone, locale, partner)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (merchant_id) DO UPDATE SET business_name = excluded.business_name, contact_name = excluded.contact_name,
			email = excluded.email, time_zone = excluded.time_zone, locale = excluded.locale, partner = excluded.partner, updated_at = now()`,
		m.ID, m.BusinessName, m.ContactName, m.Email, m.TimeZone, m.Locale, m.Partner)
	if err != nil {
		return fmt.Errorf("upsert merchant: %w", err)
	}
	return nil
}

// Load answers what Postgres remembers of an Item: who it is, and its life as far as it is recorded.
func (s *Store) Load(ctx context.Context, id item.ID) (item.Card, item.Life, error) {
	card, life := item.Card{ID: id}, item.Life{}
	var brokenSince *time.Time
	var endsAt time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT i.environment, i.merchant_id, m.business_name, i.institution_id, i.institution, m.partner,
			i.state, i.cause, i.incident, i.changes, i.broken_since,
			(SELECT count(*) FROM mail_items c JOIN mails USING (mail_id) WHERE c.item_id = i.item_id AND c.incident = i.incident
				AND c.kind = CASE i.state WHEN 'expiring' THEN 'expiring' ELSE 'reminder' END
				AND (sent_at IS NOT NULL OR failed_at IS NOT NULL OR shadowed_at IS NOT NULL)),
			coalesce(i.ends_at, 'epoch')
		FROM items i JOIN merchants m USING (merchant_id) WHERE i.item_id = $1`, id).Scan(
		&card.Environment, &card.MerchantID, &card.BusinessName, &card.InstitutionID, &card.Institution, &card.Partner,
		&life.State, &life.Cause, &life.Incident, &life.Changes, &brokenSince, &life.Reminders, &endsAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return item.Card{}, item.Life{}, fmt.Errorf("load item %s: %w", id, item.ErrUnknown)
	}
	if err != nil {
		return item.Card{}, item.Life{}, fmt.Errorf("load item %s: %w", id, err)
	}
	if brokenSince != nil {
		life.BrokenSince = brokenSince.UTC()
	}
	if life.State == item.Expiring {
		life.Ending = item.Ending{At: endsAt, Cause: life.Cause, By: item.EndAnnounced, Since: life.BrokenSince}
	}
	return card, life, nil
}

// Token answers an Item's access token as it is stored: sealed.
func (s *Store) Token(ctx context.Context, id item.ID) (item.Sealed, error) {
	sealed := item.Sealed{Row: "items/" + string(id)}
	err := s.pool.QueryRow(ctx, `SELECT token_sealed FROM items WHERE item_id = $1`, id).Scan(&sealed.Ciphertext)
	if errors.Is(err, pgx.ErrNoRows) {
		return item.Sealed{}, fmt.Errorf("token of item %s: %w", id, item.ErrUnknown)
	}
	if err != nil {
		return item.Sealed{}, fmt.Errorf("token of item %s: %w", id, err)
	}
	return sealed, nil
}

// Merchant answers a merchant and all its Items, broken ones first.
func (s *Store) Merchant(ctx context.Context, merchantID string) (item.Merchant, []item.Connection, error) {
	m := item.Merchant{ID: merchantID}
	err := s.pool.QueryRow(ctx, `
		SELECT business_name, contact_name, email, time_zone, locale, partner FROM merchants WHERE merchant_id = $1`, merchantID).
		Scan(&m.BusinessName, &m.ContactName, &m.Email, &m.TimeZone, &m.Locale, &m.Partner)
	if errors.Is(err, pgx.ErrNoRows) {
		return item.Merchant{}, nil, fmt.Errorf("merchant %s: %w", merchantID, item.ErrUnknown)
	}
	if err != nil {
		return item.Merchant{}, nil, fmt.Errorf("read merchant %s: %w", merchantID, err)
	}
	connections, err := connectionsOf(ctx, s.pool, merchantID)
	if err != nil {
		return item.Merchant{}, nil, err
	}
	return m, connections, nil
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func connectionsOf(ctx context.Context, q querier, merchantID string) ([]item.Connection, error) {
	rows, err := q.Query(ctx, `
		SELECT item_id, institution, state, cause, coalesce(broken_since, 'epoch'), coalesce(ends_at, 'epoch') FROM items
		WHERE merchant_id = $1 AND state <> 'removed' ORDER BY state = 'connected', broken_since, item_id`, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read items of merchant %s: %w", merchantID, err)
	}
	connections, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (item.Connection, error) {
		var c item.Connection
		err := row.Scan(&c.ID, &c.Institution, &c.State, &c.Cause, &c.BrokenSince, &c.EndsAt)
		if c.State == item.Connected {
			c.BrokenSince = time.Time{}
		}
		if c.State != item.Expiring {
			c.EndsAt = time.Time{}
		}
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read items of merchant %s: %w", merchantID, err)
	}
	return connections, nil
}

// Record writes transitions in order: the Item's row, the audit and the outbox move together or not at all. A
// transition whose key is recorded already changes nothing.
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
	fresh, err := appendAudit(ctx, tx, id, t.At, "incident_"+string(t.Step), "incident/"+t.Key(), t)
	if err != nil || !fresh {
		return err
	}
	var brokenSince *time.Time
	if t.To.NeedsMerchant() {
		brokenSince = &t.At
	}
	var endsAt *time.Time
	if !t.EndsAt.IsZero() {
		endsAt = &t.EndsAt
	}
	_, err = tx.Exec(ctx, `
		UPDATE items SET state = $2, cause = $3, incident = $4, updated_at = now(),
			changes = CASE WHEN incident = $4 THEN greatest(changes, $5) ELSE $5 END,
			broken_since = CASE WHEN $6::timestamptz IS NULL THEN NULL ELSE coalesce(broken_since, $6) END,
			ends_at = CASE WHEN $2 = 'expiring' THEN coalesce($7, ends_at) END
		WHERE item_id = $1`, id, t.To, t.Cause, t.Incident, changesOf(t), brokenSince, endsAt)
	if err != nil {
		return fmt.Errorf("move item: %w", err)
	}
	if err := tendTasks(ctx, tx, id, t); err != nil {
		return err
	}
	return s.tell(ctx, tx, id, t)
}

// changesOf is the number of a Changed step; the other steps have numbers of their own.
func changesOf(t item.Transition) int {
	if t.Step == item.Changed {
		return t.Change
	}
	return 0
}
