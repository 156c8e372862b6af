package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// ClaimMail claims the letter's slot for the Item's merchant, or finds it claimed. Whoever comes second gets what the
// first one claimed, so that sending again is sending the same bytes. draft is used only by the first.
func (s *Store) ClaimMail(ctx context.Context, id item.ID, letter item.Letter, draft item.Draft) (item.Claimed, error) {
	var c item.Claimed
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var m item.Merchant
		err := tx.QueryRow(ctx, `
			SELECT m.merchant_id, m.business_name, m.contact_name, m.email, m.time_zone, m.locale, m.partner
			FROM merchants m JOIN items i USING (merchant_id) WHERE i.item_id = $1 FOR UPDATE OF m`, id).
			Scan(&m.ID, &m.BusinessName, &m.ContactName, &m.Email, &m.TimeZone, &m.Locale, &m.Partner)
		if errors.Is(err, pgx.ErrNoRows) {
			return item.ErrUnknown
		}
		if err != nil {
			return fmt.Errorf("lock merchant: %w", err)
		}
		connections, err := connectionsOf(ctx, tx, m.ID)
		if err != nil {
			return err
		}
		slot := letter.Slot(id)
		notice, err := json.Marshal(item.Notice{
			MessageID: draft.MessageID, Date: draft.At.UTC().Truncate(time.Second), Kind: letter.Kind,
			Merchant: m, Connections: spokenOf(connections, id, letter.Kind),
		})
		if err != nil {
			return fmt.Errorf("encode notice: %w", err)
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO mails (merchant_id, slot, item_id, incident, kind, step, message_id, notice, claimed_at, link_expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (merchant_id, slot) DO NOTHING`,
			m.ID, slot, id, letter.Incident, letter.Kind, letter.Step, draft.MessageID, string(notice), draft.At, draft.LinkExpiresAt)
		if err != nil {
			return fmt.Errorf("claim slot: %w", err)
		}
		var stored string
		c.MerchantID, c.Slot = m.ID, slot
		err = tx.QueryRow(ctx, `
			SELECT mail_id, notice::text, link_expires_at, sent_at IS NOT NULL, failed_at IS NOT NULL FROM mails WHERE merchant_id = $1 AND slot = $2`,
			m.ID, slot).Scan(&c.MailID, &stored, &c.LinkExpiresAt, &c.Sent, &c.Failed)
		if err != nil {
			return fmt.Errorf("read claimed slot: %w", err)
		}
		if err := json.Unmarshal([]byte(stored), &c.Notice); err != nil {
			return fmt.Errorf("decode notice: %w", err)
		}
		return nil
	})
	if err != nil {
		return item.Claimed{}, fmt.Errorf("claim mail for item %s: %w", id, err)
	}
	return c, nil
}

// spokenOf is what the mail lists: a reminder every broken Item of the merchant, the thanks only the repaired one.
func spokenOf(all []item.Connection, id item.ID, kind item.LetterKind) []item.Connection {
	var spoken []item.Connection
	for _, c := range all {
		if (kind == item.Reminder && c.State.NeedsMerchant()) || (kind == item.Reconnected && c.ID == id) {
			spoken = append(spoken, c)
		}
	}
	return spoken
}

// MailEnded marks a claimed mail as sent (failure empty) or as undeliverable, once, with its audit row.
func (s *Store) MailEnded(ctx context.Context, id item.ID, c item.Claimed, at time.Time, failure string) error {
	kind, column := "mail_sent", "sent_at"
	if failure != "" {
		kind, column = "mail_failed", "failed_at"
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE mails SET `+column+` = coalesce(`+column+`, $2), failure = $3 WHERE mail_id = $1`, c.MailID, at, failure)
		if err != nil {
			return fmt.Errorf("update mail: %w", err)
		}
		_, err = appendAudit(ctx, tx, id, at, kind, "mail/"+c.Slot,
			map[string]any{"mail_id": c.MailID, "kind": c.Notice.Kind, "message_id": c.Notice.MessageID, "failure": failure})
		return err
	})
	if err != nil {
		return fmt.Errorf("mark mail %s: %w", c.Slot, err)
	}
	return nil
}

// Reminders answers how many reminders of an incident are over (sent, or undeliverable), and when the last was sent.
func (s *Store) Reminders(ctx context.Context, id item.ID, incident int) (used int, last time.Time, err error) {
	var at *time.Time
	err = s.pool.QueryRow(ctx, `
		SELECT count(*), max(coalesce(sent_at, failed_at)) FROM mails WHERE item_id = $1 AND incident = $2 AND kind = 'reminder'
			AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)`, id, incident).Scan(&used, &at)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count reminders of item %s: %w", id, err)
	}
	if at != nil {
		last = at.UTC()
	}
	return used, last, nil
}
