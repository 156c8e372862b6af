package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"relink/internal/deeplink"
	"relink/internal/item"
)

// postman hands a notice to the mail server; the same notice must become the same bytes.
type postman interface {
	Send(ctx context.Context, n item.Notice) error
}

// mailbook holds the claims of mails. Its contracts are those of postgres.Store.
type mailbook interface {
	tokens
	ClaimMail(ctx context.Context, id item.ID, letter item.Letter, draft item.Draft) (item.Claimed, error)
	MailEnded(ctx context.Context, id item.ID, c item.Claimed, at time.Time, failure string) error
}

// MailOptions say how mails look from outside.
type MailOptions struct {
	PublicURL string // "https://relink.example.com", where deep links lead
	Domain    string // the right side of every Message-ID
}

// Mail holds the activities that mail merchants.
type Mail struct {
	post  postman
	book  mailbook
	bank  bank
	links *deeplink.Signer
	opts  MailOptions
	now   func() time.Time
}

// NewMail makes the activities.
func NewMail(post postman, book mailbook, b bank, links *deeplink.Signer, opts MailOptions) *Mail {
	opts.PublicURL = strings.TrimSuffix(opts.PublicURL, "/")
	return &Mail{post: post, book: book, bank: b, links: links, opts: opts, now: time.Now}
}

// Send is the argument of SendMail.
type Send struct {
	ItemID item.ID     `json:"item_id"`
	Letter item.Letter `json:"letter"`
	// AnsweredAt is when Plaid last answered; an older answer than a minute is not good enough to remind anybody.
	AnsweredAt time.Time `json:"answered_at"`
}

// Sent is how a mail ended, and under which Message-ID.
type Sent struct {
	Outcome   item.MailOutcome `json:"outcome"`
	MessageID string           `json:"message_id,omitempty"`
}

const answerGoodFor = time.Minute

// SendMail claims the letter's slot and hands its mail to the mail server. However often it is retried, wherever it
// crashes, the mail server sees one Message-ID and one body for a slot.
func (m *Mail) SendMail(ctx context.Context, in Send) (Sent, error) {
	if in.Letter.Kind == item.Reminder && m.now().Sub(in.AnsweredAt) > answerGoodFor {
		// With its accounts: without them an Item whose accounts are no longer shared would pass for healed.
		truth, err := ask(ctx, m.bank, m.book, Ask{ItemID: in.ItemID, Accounts: true})
		if err != nil {
			return Sent{}, decide(ctx, fmt.Errorf("before a reminder: %w", err))
		}
		if state, _, decided := truth.Verdict(); !decided || !state.NeedsMerchant() {
			return Sent{Outcome: item.MailHealed}, nil
		}
	}
	now := m.now().UTC().Truncate(time.Second)
	claimed, err := m.book.ClaimMail(ctx, in.ItemID, in.Letter, item.Draft{
		MessageID:     messageID(in.Letter.Slot(in.ItemID), m.opts.Domain),
		At:            now,
		LinkExpiresAt: now.Add(deeplink.Life),
	})
	if err != nil {
		return Sent{}, decide(ctx, err)
	}
	sent := Sent{Outcome: item.MailSent, MessageID: claimed.Notice.MessageID}
	switch {
	case claimed.Sent:
		return sent, nil
	case claimed.Failed:
		sent.Outcome = item.MailFailed
		return sent, nil
	}
	failure, err := m.hand(ctx, claimed)
	if err != nil {
		return Sent{}, decide(ctx, err)
	}
	if failure != "" {
		sent.Outcome = item.MailFailed
	}
	if err := m.book.MailEnded(ctx, in.ItemID, claimed, m.now(), failure); err != nil {
		return Sent{}, decide(ctx, err)
	}
	return sent, nil
}

// undeliverable is what a mail adapter's error says when the same mail will never be taken.
type undeliverable interface {
	error
	Undeliverable() bool
}

// hand answers failure when the mail can never be delivered, err when it may be tried again.
func (m *Mail) hand(ctx context.Context, c item.Claimed) (failure string, err error) {
	notice := c.Notice
	if notice.Kind == item.Reminder {
		token := m.links.Token(deeplink.Grant{MerchantID: c.MerchantID, Slot: c.Slot, Expires: c.LinkExpiresAt})
		notice.DeepLink = m.opts.PublicURL + "/relink/" + token
	}
	err = m.post.Send(ctx, notice)
	var final undeliverable
	if errors.As(err, &final) && final.Undeliverable() {
		return final.Error(), nil
	}
	if err != nil {
		return "", fmt.Errorf("hand over mail: %w", err)
	}
	return "", nil
}

// messageID is a function of the slot alone: a mail that is sent again carries the same one.
func messageID(slot, domain string) string {
	sum := sha256.Sum256([]byte(slot))
	return hex.EncodeToString(sum[:12]) + "@" + domain
}
