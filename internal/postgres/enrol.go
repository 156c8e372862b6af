package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
)

// Enrol stores, in one transaction, the merchant (created or updated), the Item with its sealed token and its first
// audit row. It releases webhooks that came before the Item, and stores a hint that starts the workflow. If the Item is
// enrolled already for the same merchant, created is false: only the merchant's details and the token change, and a new
// consent is added. For an Item of another merchant Enrol returns item.ErrTaken, for a merchant that is being erased
// item.ErrErasing.
func (s *Store) Enrol(ctx context.Context, e enrolment.Enrolment) (created bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := enrolMerchant(ctx, tx, e); err != nil {
			return err
		}
		var owner string
		err := tx.QueryRow(ctx, `
			INSERT INTO items (item_id, environment, merchant_id, institution_id, institution, token_sealed, enrolled_at,
				required_accounts, hubspot_deal_id, marqeta_user_token, shadow)
			VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8::text[], '{}'), $9, $10, $11)
			ON CONFLICT (item_id) DO UPDATE SET token_sealed = excluded.token_sealed, updated_at = now()
			RETURNING merchant_id, xmax = 0`,
			e.Item.ID, e.Item.Environment, e.Merchant.ID, e.Item.InstitutionID, e.Item.Institution, e.Token.Ciphertext, e.At,
			e.RequiredAccounts, e.HubSpotDealID, e.MarqetaUserToken, e.Shadow,
		).Scan(&owner, &created)
		if err != nil {
			return fmt.Errorf("insert item: %w", err)
		}
		if owner != e.Merchant.ID {
			return fmt.Errorf("item %s: %w", e.Item.ID, item.ErrTaken)
		}
		if err := settleExchange(ctx, tx, e); err != nil {
			return err
		}
		if !created {
			return recordConsent(ctx, tx, e)
		}
		_, err = appendAudit(ctx, tx, e.Item.ID, e.At, "enrolled", "enrolled",
			map[string]string{"merchant_id": e.Merchant.ID, "institution": e.Item.Institution, "environment": e.Item.Environment})
		if err != nil {
			return err
		}
		if err := recordConsent(ctx, tx, e); err != nil {
			return err
		}
		if err := releaseWaiting(ctx, tx, e.Item.ID); err != nil {
			return err
		}
		_, err = insertEntry(ctx, tx, inbox.Entry{
			Source: item.FromEnrolment, Environment: e.Item.Environment, ItemID: e.Item.ID, Code: item.Enrolled, Trace: e.Trace,
		})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("enrol item %s: %w", e.Item.ID, err)
	}
	return created, nil
}

func enrolMerchant(ctx context.Context, tx pgx.Tx, e enrolment.Enrolment) error {
	if !e.MerchantKnown {
		return upsertMerchant(ctx, tx, e.Merchant)
	}
	_, erasing, err := lockMerchant(ctx, tx, e.Merchant.ID)
	if err == nil && erasing {
		err = fmt.Errorf("merchant %s: %w", e.Merchant.ID, item.ErrErasing)
	}
	return err
}
