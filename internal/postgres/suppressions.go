package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

// suppression is an address that is to be suppressed, and why.
type suppression struct {
	address   string
	merchants []string // the merchants with this address; the audits of their Items get a row
	reason    mailing.SuppressReason
	why, by   string // neither holds the address
	at        time.Time
}

// suppress suppresses an address, once per reason; added is false when it was suppressed for this reason already. The
// caller has locked the merchants. An erased merchant has no address, so for it nothing is suppressed.
func suppress(ctx context.Context, tx pgx.Tx, s suppression) (added bool, err error) {
	if s.address == "" {
		return false, nil
	}
	var id int64
	err = tx.QueryRow(ctx, `
		INSERT INTO suppressions (address_hash, reason, why, suppressed_by, suppressed_at) VALUES (address_hash($1), $2, $3, $4, $5)
		ON CONFLICT (address_hash, reason) WHERE ended_at IS NULL DO NOTHING RETURNING suppression_id`,
		s.address, s.reason, s.why, s.by, s.at).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("insert suppression: %w", err)
	}
	for _, m := range s.merchants {
		err := auditItems(ctx, tx, m, s.at, "mails_stopped", fmt.Sprintf("suppression/%d", id),
			map[string]any{"suppression_id": id, "reason": s.reason, "why": s.why, "by": s.by})
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// auditItems adds one row to the audit of each living Item of a merchant, and makes the Items that wait for the
// merchant plan again.
func auditItems(ctx context.Context, tx pgx.Tx, merchantID string, at time.Time, kind, key string, data any) error {
	items, err := livingItems(ctx, tx, merchantID)
	if err != nil {
		return err
	}
	for _, i := range items {
		added, err := appendAudit(ctx, tx, i.id, at, kind, key, data)
		if err != nil {
			return err
		}
		if !added || !i.state.NeedsMerchant() {
			continue
		}
		_, err = insertEntry(ctx, tx, inbox.Entry{
			Source: item.FromOperator, Environment: i.environment, ItemID: i.id, Code: item.MerchantChanged,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// suppressedFor returns the oldest reason why an address may not be mailed, or "" when it may be.
func suppressedFor(ctx context.Context, tx pgx.Tx, address string) (mailing.SuppressReason, error) {
	var reason mailing.SuppressReason
	err := tx.QueryRow(ctx, `
		SELECT reason FROM suppressions WHERE address_hash = address_hash($1) AND ended_at IS NULL ORDER BY suppression_id LIMIT 1`,
		address).Scan(&reason)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("look for suppressions: %w", err)
	}
	return reason, nil
}

// suppressMail ends a claim whose address is suppressed; over reports whether it did. If the slot is claimed already,
// the address in that claim counts.
func suppressMail(
	ctx context.Context, tx pgx.Tx, id item.ID, m enrolment.Merchant, mail item.MailRef, at time.Time, c *mailing.Claimed,
) (over bool, err error) {
	address, claimed := m.Email, true
	before := mailing.Claimed{MerchantID: c.MerchantID, Slot: c.Slot}
	switch err := readClaim(ctx, tx, &before); {
	case errors.Is(err, pgx.ErrNoRows):
		claimed = false
	case err != nil:
		return false, err
	case before.Sent || before.Failed || before.Shadowed:
		return false, nil
	default:
		address = before.Content.Merchant.Email
	}
	reason, err := suppressedFor(ctx, tx, address)
	if err != nil || reason == "" {
		return false, err
	}
	if err := lockItem(ctx, tx, id); err != nil {
		return false, err
	}
	if claimed {
		*c, c.Failed = before, true
		return true, markMail(ctx, tx, id, before, at, "not sent: "+reason.Sentence())
	}
	c.Suppressed = reason
	_, err = appendAudit(ctx, tx, id, at, "mail_suppressed", "mail_suppressed/"+c.Slot,
		map[string]any{"kind": mail.Kind, "reason": reason})
	return true, err
}

func unsubscribedTask(merchantID string) string  { return "unsubscribed/" + merchantID }
func undeliverableTask(merchantID string) string { return "undeliverable/" + merchantID }

// Unsubscribe suppresses a merchant's address at the merchant's request. It opens a task, because relink has no other
// way to reach the merchant. A second call changes nothing. For an unknown merchant it returns item.ErrUnknown.
func (s *Store) Unsubscribe(ctx context.Context, merchantID string, at time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		m, _, err := lockMerchant(ctx, tx, merchantID)
		if err != nil {
			return err
		}
		added, err := suppress(ctx, tx, suppression{
			address: m.Email, merchants: []string{m.ID}, reason: mailing.Unsubscribed, by: "the merchant", at: at,
		})
		if err != nil || !added {
			return err
		}
		about, err := itemForTask(ctx, tx, merchantID)
		if err != nil {
			return err
		}
		return openTask(ctx, tx, tasks.Task{
			Key: unsubscribedTask(merchantID), Kind: tasks.Unsubscribed, ItemID: about, Why: mailing.Unsubscribed.Sentence(),
		})
	})
	if err != nil {
		return fmt.Errorf("unsubscribe merchant %s: %w", merchantID, err)
	}
	return nil
}

// itemForTask returns the Item that a task about a merchant names: one that needs the merchant, if there is one.
func itemForTask(ctx context.Context, tx pgx.Tx, merchantID string) (id item.ID, err error) {
	err = tx.QueryRow(ctx, `
		SELECT item_id FROM items WHERE merchant_id = $1 ORDER BY state = 'removed', state = 'connected', broken_since, item_id LIMIT 1`,
		merchantID).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("look for an item of the merchant: %w", err)
	}
	return id, nil
}

// MailBounced records that a mail came back, in the audit of the Item that it was sent for. If the address will take
// nothing more, it is suppressed and a task is opened. Each kind of report counts once per mail. For a mail that is not
// ours MailBounced returns mailing.ErrUnknownMail.
func (s *Store) MailBounced(ctx context.Context, b mailing.BounceReport) (mail mailing.BouncedMail, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var address string
		err := tx.QueryRow(ctx, `
			SELECT item_id, merchant_id, coalesce(notice->'Merchant'->>'Email', '') FROM mails WHERE message_id = $1`, b.MessageID).
			Scan(&mail.ItemID, &mail.MerchantID, &address)
		if errors.Is(err, pgx.ErrNoRows) {
			return mailing.ErrUnknownMail
		}
		if err != nil {
			return fmt.Errorf("look for the mail: %w", err)
		}
		_, _, err = lockMerchant(ctx, tx, mail.MerchantID)
		if err != nil && !errors.Is(err, item.ErrUnknown) { // an erased merchant did get the mail
			return err
		}
		if err := lockItem(ctx, tx, mail.ItemID); err != nil {
			return err
		}
		reason := b.Suppresses()
		mail.Suppressed = reason != ""
		key := fmt.Sprintf("mail_%s/%s/%t", b.Kind, b.MessageID, b.Permanent)
		added, err := appendAudit(ctx, tx, mail.ItemID, b.At, "mail_"+string(b.Kind), key,
			map[string]any{"message_id": b.MessageID, "permanent": b.Permanent, "codes": b.Codes, "by": b.By})
		if err != nil || !added || reason == "" {
			return err
		}
		_, err = suppress(ctx, tx, suppression{
			address: address, merchants: []string{mail.MerchantID}, reason: reason, why: b.Codes, by: b.By, at: b.At,
		})
		if err != nil {
			return err
		}
		return openTask(ctx, tx, tasks.Task{
			Key: undeliverableTask(mail.MerchantID), Kind: tasks.Undeliverable, ItemID: mail.ItemID, Why: reason.Sentence(),
		})
	})
	if err != nil {
		return mailing.BouncedMail{}, fmt.Errorf("record a bounce: %w", err)
	}
	return mail, nil
}

// Suppress suppresses an address by hand; suppressed is false when a person had suppressed it before. It returns the
// merchants with that address.
func (s *Store) Suppress(ctx context.Context, address, why, by string, at time.Time) (suppressed bool, merchants []string, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if merchants, err = lockMerchantsAt(ctx, tx, address); err != nil {
			return err
		}
		suppressed, err = suppress(ctx, tx, suppression{
			address: address, merchants: merchants, reason: mailing.ByHand, why: why, by: by, at: at,
		})
		return err
	})
	if err != nil {
		return false, nil, fmt.Errorf("suppress an address: %w", err)
	}
	return suppressed, merchants, nil
}

// lockMerchantsAt locks the merchants with an address, in the same order every time to avoid deadlocks.
func lockMerchantsAt(ctx context.Context, tx pgx.Tx, address string) ([]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT merchant_id FROM merchants WHERE address_hash(email) = address_hash($1) ORDER BY merchant_id FOR UPDATE`, address)
	if err != nil {
		return nil, fmt.Errorf("lock merchants: %w", err)
	}
	merchants, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("lock merchants: %w", err)
	}
	return merchants, nil
}

// Unsuppress ends every suppression of an address and closes the tasks that belong to them. ended is the number of
// suppressions, merchants are those with the address.
func (s *Store) Unsuppress(ctx context.Context, address, by string, at time.Time) (ended int, merchants []string, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if merchants, err = lockMerchantsAt(ctx, tx, address); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			UPDATE suppressions SET ended_at = $3, ended_by = $2 WHERE address_hash = address_hash($1) AND ended_at IS NULL
			RETURNING suppression_id`,
			address, by, at)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		if ended = len(ids); ended == 0 {
			return nil
		}
		for _, m := range merchants {
			key := fmt.Sprintf("suppression_ended/%d", ids[0])
			if err := auditItems(ctx, tx, m, at, "mails_resumed", key, map[string]any{"by": by}); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE tasks SET done_at = $3, done_by = $2 WHERE key = ANY($1) AND done_at IS NULL`,
				[]string{unsubscribedTask(m), undeliverableTask(m)}, by, at)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("end the suppression of an address: %w", err)
	}
	return ended, merchants, nil
}

// Suppressions returns the suppressed addresses, oldest first.
func (s *Store) Suppressions(ctx context.Context) ([]mailing.Suppression, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT suppression_id, reason, why, coalesce(min(m.email), ''), array_remove(array_agg(m.merchant_id ORDER BY m.merchant_id), NULL),
			suppressed_by, suppressed_at
		FROM suppressions s LEFT JOIN merchants m ON address_hash(m.email) = s.address_hash
		WHERE ended_at IS NULL GROUP BY suppression_id ORDER BY suppression_id`)
	if err != nil {
		return nil, fmt.Errorf("list suppressions: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[mailing.Suppression])
	if err != nil {
		return nil, fmt.Errorf("list suppressions: %w", err)
	}
	return all, nil
}
