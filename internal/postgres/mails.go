package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

// ClaimMail claims the mail's slot for the Item's merchant. If the slot is already claimed, it returns the stored
// claim, so a retry sends identical bytes; draft is used only for a new claim. Claims of one merchant are serialised.
// If the guard, a pause or the merchant's last mail forbids the mail, the claim is Held and nothing is stored. If the
// address is suppressed, a new claim is Suppressed and nothing is stored, and an existing unsent claim is Failed. A
// reminder covers every Item of the merchant that needs something.
func (s *Store) ClaimMail(
	ctx context.Context, id item.ID, mail item.MailRef, draft mailing.Draft, guard mailing.Guard,
) (mailing.Claimed, error) {
	var c mailing.Claimed
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		m, of, err := lockMerchantOf(ctx, tx, id)
		if err != nil {
			return err
		}
		c.MerchantID, c.Slot = m.ID, mail.DedupKey(id)
		if over, err := suppressMail(ctx, tx, id, m, mail, draft.At, &c); err != nil || over {
			return err
		}
		if mail.Kind.Reminds() {
			if c.Held, err = hold(ctx, tx, m, of, mail, draft.At, guard); err != nil || c.Held != (item.Hold{}) {
				return err
			}
		}
		if err := claimSlot(ctx, tx, id, m, mail, draft, guard.Shadow || of.shadow); err != nil {
			return err
		}
		return readClaim(ctx, tx, &c)
	})
	if err != nil {
		return mailing.Claimed{}, fmt.Errorf("claim mail for item %s: %w", id, err)
	}
	return c, nil
}

// claimant is the Item whose mail is claimed, as far as the guards need it.
type claimant struct {
	itemID                     item.ID
	institutionID, institution string
	shadow                     bool
}

func lockMerchantOf(ctx context.Context, tx pgx.Tx, id item.ID) (m enrolment.Merchant, of claimant, err error) {
	of.itemID = id
	err = tx.QueryRow(ctx, `
		SELECT `+merchantColumns+`, i.institution_id, i.institution, i.shadow
		FROM merchants m JOIN items i USING (merchant_id) WHERE i.item_id = $1 FOR UPDATE OF m`, id).
		Scan(append(merchantFields(&m), &of.institutionID, &of.institution, &of.shadow)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, of, item.ErrUnknown
	}
	if err != nil {
		return m, of, fmt.Errorf("lock merchant: %w", err)
	}
	m.CountryCodes, m.HostedLink = nil, nil // they are no part of a mail's stored content
	return m, of, nil
}

// claimSlot stores the mail and the Items that it covers, unless the slot is claimed.
func claimSlot(
	ctx context.Context, tx pgx.Tx, id item.ID, m enrolment.Merchant, mail item.MailRef, draft mailing.Draft, shadow bool,
) error {
	covered, err := coveredBy(ctx, tx, m.ID, id, mail.Kind)
	if err != nil {
		return err
	}
	listed := make([]mailing.Connection, len(covered))
	for i, c := range covered {
		listed[i] = c.Connection
	}
	thread, err := threadOf(ctx, tx, id, m.ID, mail.Incident)
	if err != nil {
		return err
	}
	content, err := json.Marshal(mailing.Content{
		MessageID: draft.MessageID, Date: draft.At.UTC().Truncate(time.Second), Kind: mail.Kind, Merchant: m, Connections: listed,
		ThreadID: thread,
	})
	if err != nil {
		return fmt.Errorf("encode a mail's content: %w", err)
	}
	var shadowedAt time.Time
	if shadow {
		shadowedAt = draft.At
	}
	var mailID int64
	err = tx.QueryRow(ctx, `
		INSERT INTO mails (merchant_id, slot, item_id, incident, kind, step, message_id, notice, claimed_at, link_expires_at, shadowed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (merchant_id, slot) DO NOTHING RETURNING mail_id`,
		m.ID, mail.DedupKey(id), id, mail.Incident, mail.Kind, mail.Step, draft.MessageID, string(content), draft.At,
		draft.LinkExpiresAt, orNull(shadowedAt)).Scan(&mailID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("claim slot: %w", err)
	}
	for _, c := range covered {
		incident, kind := c.incident, c.State.MailKind() // for another Item it is a step of that Item's own ladder
		if c.ID == id {
			incident, kind = mail.Incident, mail.Kind
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO mail_items (mail_id, item_id, incident, kind) VALUES ($1, $2, $3, $4)`, mailID, c.ID, incident, kind)
		if err != nil {
			return fmt.Errorf("cover item %s: %w", c.ID, err)
		}
	}
	if !shadow {
		return nil
	}
	_, err = appendAudit(ctx, tx, id, draft.At, "mail_shadowed", "mail/"+mail.DedupKey(id),
		map[string]any{"mail_id": mailID, "kind": mail.Kind})
	return err
}

// threadOf returns the Message-ID of the incident's first mail that went out to the merchant, or "" before that.
func threadOf(ctx context.Context, tx pgx.Tx, id item.ID, merchantID string, incident int) (messageID string, err error) {
	err = tx.QueryRow(ctx, `
		SELECT message_id FROM mail_items c JOIN mails USING (mail_id)
		WHERE c.item_id = $1 AND c.incident = $2 AND merchant_id = $3 AND sent_at IS NOT NULL ORDER BY sent_at, mail_id LIMIT 1`,
		id, incident, merchantID).Scan(&messageID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("look for the incident's first mail: %w", err)
	}
	return messageID, nil
}

type coveredItem struct {
	mailing.Connection
	incident int
}

// coveredBy returns the Items that the mail lists: a reminder lists every Item of the merchant that needs something,
// and the "reconnected" mail only the repaired one. The Item itself is always listed.
func coveredBy(ctx context.Context, tx pgx.Tx, merchantID string, id item.ID, kind item.MailKind) ([]coveredItem, error) {
	connections, err := connectionsOf(ctx, tx, merchantID)
	if err != nil {
		return nil, err
	}
	var covered []coveredItem
	for _, c := range connections {
		if (kind.Reminds() && c.State.NeedsMerchant()) || c.ID == id {
			covered = append(covered, coveredItem{Connection: c})
		}
	}
	for i := range covered {
		if err := tx.QueryRow(ctx, `SELECT incident FROM items WHERE item_id = $1`, covered[i].ID).Scan(&covered[i].incident); err != nil {
			return nil, fmt.Errorf("read incident of item %s: %w", covered[i].ID, err)
		}
	}
	return covered, nil
}

func readClaim(ctx context.Context, tx pgx.Tx, c *mailing.Claimed) error {
	var stored string
	err := tx.QueryRow(ctx, `
		SELECT mail_id, notice::text, link_expires_at, sent_at IS NOT NULL, failed_at IS NOT NULL, shadowed_at IS NOT NULL
		FROM mails WHERE merchant_id = $1 AND slot = $2`, c.MerchantID, c.Slot).
		Scan(&c.MailID, &stored, &c.LinkExpiresAt, &c.Sent, &c.Failed, &c.Shadowed)
	if err != nil {
		return fmt.Errorf("read claimed slot: %w", err)
	}
	if err := json.Unmarshal([]byte(stored), &c.Content); err != nil {
		return fmt.Errorf("decode a mail's content: %w", err)
	}
	return nil
}

// MailEnded marks a claimed mail as sent (the zero Undelivered) or as undeliverable, once, with its audit row. An
// undeliverable mail opens a task. If the address is the reason, nothing more is mailed to it.
func (s *Store) MailEnded(ctx context.Context, id item.ID, c mailing.Claimed, at time.Time, u mailing.Undelivered) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if u == (mailing.Undelivered{}) {
			if err := lockItem(ctx, tx, id); err != nil {
				return err
			}
			return markMail(ctx, tx, id, c, at, "")
		}
		m, _, err := lockMerchantOf(ctx, tx, id) // always before its Items
		if err != nil {
			return err
		}
		if err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		if err := markMail(ctx, tx, id, c, at, u.Why); err != nil {
			return err
		}
		if u.BadAddress {
			_, err := suppress(ctx, tx, suppression{
				address: c.Content.Merchant.Email, merchants: []string{m.ID}, reason: mailing.Bounced, why: u.Why, by: "the mail server", at: at,
			})
			if err != nil {
				return err
			}
		}
		return openTask(ctx, tx, tasks.Task{Key: undeliverableTask(m.ID), Kind: tasks.Undeliverable, ItemID: id, Why: u.Why})
	})
	if err != nil {
		return fmt.Errorf("mark mail %s: %w", c.Slot, err)
	}
	return nil
}

// markMail stores how a mail ended. The caller holds the lock on the Item.
func markMail(ctx context.Context, tx pgx.Tx, id item.ID, c mailing.Claimed, at time.Time, failure string) error {
	kind, column := "mail_sent", "sent_at"
	if failure != "" {
		kind, column = "mail_failed", "failed_at"
	}
	_, err := tx.Exec(ctx, `UPDATE mails SET `+column+` = coalesce(`+column+`, $2), failure = $3 WHERE mail_id = $1`, c.MailID, at, failure)
	if err != nil {
		return fmt.Errorf("update mail: %w", err)
	}
	_, err = appendAudit(ctx, tx, id, at, kind, "mail/"+c.Slot,
		map[string]any{"mail_id": c.MailID, "kind": c.Content.Kind, "message_id": c.Content.MessageID, "failure": failure})
	return err
}

// MailHistory returns the facts on which the next mail of an incident is planned. For an unknown Item it returns
// item.ErrUnknown.
func (s *Store) MailHistory(ctx context.Context, id item.ID, incident int, kind item.MailKind) (mailing.History, error) {
	var h mailing.History

	err := s.pool.QueryRow(ctx, `
		SELECT `+refColumns+`, m.time_zone, used.n, used.last, (
				SELECT max(coalesce(sent_at, claimed_at)) FROM mails
				WHERE mails.merchant_id = i.merchant_id AND kind = ANY($4) AND failed_at IS NULL AND shadowed_at IS NULL),
			coalesce((SELECT reason FROM suppressions s
				WHERE s.address_hash = address_hash(m.email) AND s.ended_at IS NULL ORDER BY suppression_id LIMIT 1), '')
		FROM items i JOIN merchants m USING (merchant_id), LATERAL (
			SELECT count(*) AS n, max(coalesce(sent_at, failed_at, shadowed_at)) AS last FROM mail_items c JOIN mails USING (mail_id)
			WHERE c.item_id = i.item_id AND c.incident = $2 AND c.kind = $3
			  AND (sent_at IS NOT NULL OR failed_at IS NOT NULL OR shadowed_at IS NOT NULL)) used
		WHERE i.item_id = $1`, id, incident, kind, remindingKinds()).
		Scan(append(refFields(&h.Item), &h.TimeZone, &h.Used, zeroIfNull(&h.LastUsed), zeroIfNull(&h.LastMail), &h.Suppressed)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, fmt.Errorf("mails of item %s: %w", id, item.ErrUnknown)
	}
	if err != nil {
		return h, fmt.Errorf("mails of item %s: %w", id, err)
	}

	return h, nil
}
