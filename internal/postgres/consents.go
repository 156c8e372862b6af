package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/item"
)

// recordConsent stores what the merchant agreed to. The same content again is no new consent. Products and accounts
// that the consent leaves out are those of the link token. The audit holds everything except who agreed.
func recordConsent(ctx context.Context, tx pgx.Tx, e enrolment.Enrolment) error {
	if e.Consent == nil {
		return nil
	}
	c := *e.Consent
	if e.FirstLink != nil {
		var products, accounts []string
		err := tx.QueryRow(ctx, `SELECT products, required_accounts FROM first_links WHERE token_hash = $1 AND merchant_id = $2`,
			e.FirstLink, e.Merchant.ID).Scan(&products, &accounts)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for link token: %w", err)
		}
		if len(c.Products) == 0 {
			c.Products = products
		}
		if len(c.RequiredAccounts) == 0 {
			c.RequiredAccounts = accounts
		}
	}
	who := c.Who
	c.Who = "" // the audit is never erased, and a name could be guessed from a digest that includes it
	rest, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode consent: %w", err)
	}
	digest := sha256.Sum256(rest)
	added, err := appendAudit(ctx, tx, e.Item.ID, e.At, "consent", "consent/"+hex.EncodeToString(digest[:8]), c)
	if err != nil || !added {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO consents (item_id, who, given_at, products, copy_version, required_accounts)
		VALUES ($1, $2, $3, coalesce($4::text[], '{}'), $5, coalesce($6::text[], '{}'))`,
		e.Item.ID, who, c.At, c.Products, c.CopyVersion, c.RequiredAccounts)
	if err != nil {
		return fmt.Errorf("insert consent: %w", err)
	}
	if len(c.RequiredAccounts) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE items SET required_accounts = $2 WHERE item_id = $1`, e.Item.ID, c.RequiredAccounts); err != nil {
		return fmt.Errorf("keep required accounts: %w", err)
	}
	return nil
}

// Consent returns the latest consent to an Item, or nil when none is stored.
func (s *Store) Consent(ctx context.Context, id item.ID) (*enrolment.Consent, error) {
	var c enrolment.Consent
	err := s.pool.QueryRow(ctx, `
		SELECT who, given_at, products, copy_version, required_accounts FROM consents WHERE item_id = $1 ORDER BY consent_id DESC LIMIT 1`, id).
		Scan(&c.Who, &c.At, &c.Products, &c.CopyVersion, &c.RequiredAccounts)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read consent of item %s: %w", id, err)
	}
	return &c, nil
}
