package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/mailing"
)

// merchantColumns are a merchant's details in the table m. merchantFields scans them.
const merchantColumns = `m.merchant_id, m.business_name, m.contact_name, m.email, m.time_zone, m.locale, m.partner,
	m.country_codes, m.hosted_link`

func merchantFields(m *enrolment.Merchant) []any {
	return []any{
		&m.ID, &m.BusinessName, &m.ContactName, &m.Email, &m.TimeZone, &m.Locale, &m.Partner, &m.CountryCodes, &m.HostedLink,
	}
}

// Merchant returns a merchant and all its Items with their accounts, broken ones first. For an unknown or erased
// merchant it returns item.ErrUnknown.
func (s *Store) Merchant(ctx context.Context, merchantID string) (enrolment.Merchant, []mailing.Connection, error) {
	var m enrolment.Merchant
	err := s.pool.QueryRow(ctx, `
		SELECT `+merchantColumns+` FROM merchants m WHERE merchant_id = $1 AND erased_at IS NULL`, merchantID).
		Scan(merchantFields(&m)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return enrolment.Merchant{}, nil, fmt.Errorf("merchant %s: %w", merchantID, item.ErrUnknown)
	}
	if err != nil {
		return enrolment.Merchant{}, nil, fmt.Errorf("read merchant %s: %w", merchantID, err)
	}
	connections, err := connectionsOf(ctx, s.pool, merchantID)
	if err != nil {
		return enrolment.Merchant{}, nil, err
	}
	accounts, err := s.accountsOf(ctx, merchantID)
	if err != nil {
		return enrolment.Merchant{}, nil, err
	}
	for i, c := range connections {
		connections[i].Accounts = accounts[c.ID]
	}
	return m, connections, nil
}

func connectionsOf(ctx context.Context, q querier, merchantID string) ([]mailing.Connection, error) {
	rows, err := q.Query(ctx, `
		SELECT item_id, institution, institution_id, state, cause, broken_since, ends_at
		FROM items WHERE merchant_id = $1 AND state <> 'removed' ORDER BY state = 'connected', broken_since, item_id`, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read items of merchant %s: %w", merchantID, err)
	}
	connections, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (mailing.Connection, error) {
		var c mailing.Connection
		err := row.Scan(&c.ID, &c.Institution, &c.InstitutionID, &c.State, &c.Cause, zeroIfNull(&c.BrokenSince), zeroIfNull(&c.EndsAt))
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

// upsertMerchant creates a merchant or updates it. Countries and hosted link that the input leaves out stay as they
// are. For a merchant that is being erased it returns item.ErrErasing; an erased one starts anew.
func upsertMerchant(ctx context.Context, tx pgx.Tx, m enrolment.Merchant) error {
	var erasing bool
	err := tx.QueryRow(ctx, `
		INSERT INTO merchants (merchant_id, business_name, contact_name, email, time_zone, locale, partner, country_codes, hosted_link)
		VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8::text[], '{US}'), $9)
		ON CONFLICT (merchant_id) DO UPDATE SET business_name = excluded.business_name, contact_name = excluded.contact_name,
			email = excluded.email, time_zone = excluded.time_zone, locale = excluded.locale, partner = excluded.partner,
			country_codes = coalesce($8::text[], merchants.country_codes), hosted_link = coalesce($9, merchants.hosted_link),
			erase_asked_at = CASE WHEN merchants.erased_at IS NULL THEN merchants.erase_asked_at END, erased_at = NULL, updated_at = now()
		RETURNING erase_asked_at IS NOT NULL`,
		m.ID, m.BusinessName, m.ContactName, m.Email, m.TimeZone, m.Locale, m.Partner, m.CountryCodes, m.HostedLink).Scan(&erasing)
	if err != nil {
		return fmt.Errorf("upsert merchant: %w", err)
	}
	if erasing {
		return fmt.Errorf("merchant %s: %w", m.ID, item.ErrErasing)
	}
	return nil
}

// lockMerchant reads a known merchant and locks its row. A transaction that changes several Items of a merchant takes
// this lock first.
func lockMerchant(ctx context.Context, tx pgx.Tx, merchantID string) (m enrolment.Merchant, erasing bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT `+merchantColumns+`, erase_asked_at IS NOT NULL
		FROM merchants m WHERE merchant_id = $1 AND erased_at IS NULL FOR UPDATE`, merchantID).
		Scan(append(merchantFields(&m), &erasing)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, false, fmt.Errorf("merchant %s: %w", merchantID, item.ErrUnknown)
	}
	if err != nil {
		return m, false, fmt.Errorf("lock merchant %s: %w", merchantID, err)
	}
	return m, erasing, nil
}

// ChangeMerchant applies change to the locked merchant and returns the result. change returns the names of the changed
// fields, or an error to abort. Each Item's audit names the changed fields and who changed them, not their values.
// Items that wait for the merchant plan again. The error is item.ErrUnknown for an unknown or erased merchant,
// item.ErrErasing for one that is being erased.
func (s *Store) ChangeMerchant(
	ctx context.Context, merchantID, by string, at time.Time, change func(*enrolment.Merchant) ([]string, error),
) (enrolment.Merchant, error) {
	var m enrolment.Merchant
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		var erasing bool
		if m, erasing, err = lockMerchant(ctx, tx, merchantID); err != nil {
			return err
		}
		if erasing {
			return item.ErrErasing
		}
		fields, err := change(&m)
		if err != nil || len(fields) == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE merchants SET business_name = $2, contact_name = $3, email = $4, time_zone = $5, locale = $6, partner = $7,
				country_codes = $8, hosted_link = $9, updated_at = now()
			WHERE merchant_id = $1`,
			m.ID, m.BusinessName, m.ContactName, m.Email, m.TimeZone, m.Locale, m.Partner, m.CountryCodes, m.HostedLink)
		if err != nil {
			return fmt.Errorf("update merchant: %w", err)
		}
		living, err := livingItems(ctx, tx, merchantID)
		if err != nil {
			return err
		}
		for _, i := range living {
			if err := merchantChanged(ctx, tx, i, by, at, fields); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return enrolment.Merchant{}, fmt.Errorf("change merchant %s: %w", merchantID, err)
	}
	return m, nil
}

func merchantChanged(ctx context.Context, tx pgx.Tx, i livingItem, by string, at time.Time, fields []string) error {
	key := "merchant/" + rand.Text()
	_, err := appendAudit(ctx, tx, i.id, at, item.MerchantChanged, key, map[string]any{"fields": fields, "by": by})
	if err != nil || !i.state.NeedsMerchant() {
		return err
	}
	_, err = insertEntry(ctx, tx, inbox.Entry{
		Source: item.FromOperator, Environment: i.environment, ItemID: i.id, Code: item.MerchantChanged,
	})
	return err
}

// livingItem is an Item of a merchant that is not removed.
type livingItem struct {
	id          item.ID
	environment string
	state       item.State
}

// livingItems returns a merchant's Items that are not removed, and locks them, always in the same order.
func livingItems(ctx context.Context, tx pgx.Tx, merchantID string) ([]livingItem, error) {
	rows, err := tx.Query(ctx, `
		SELECT item_id, environment, state FROM items
		WHERE merchant_id = $1 AND state <> 'removed' ORDER BY item_id FOR UPDATE`, merchantID)
	if err != nil {
		return nil, fmt.Errorf("lock items of merchant %s: %w", merchantID, err)
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i livingItem, err error) {
		return i, row.Scan(&i.id, &i.environment, &i.state)
	})
	if err != nil {
		return nil, fmt.Errorf("lock items of merchant %s: %w", merchantID, err)
	}
	return items, nil
}
