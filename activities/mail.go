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
	"relink/internal/mailing"
)

// mailSender hands a notice to the mail server; the same notice must become the same bytes.
type mailSender interface {
	Send(ctx context.Context, n mailing.Content) error
}

// mailStore holds the claims of mails. Its contracts are those of postgres.Store.
type mailStore interface {
	tokens
	MailHistory(ctx context.Context, id item.ID, incident int, kind item.MailKind) (mailing.History, error)
	ClaimMail(ctx context.Context, id item.ID, letter item.MailRef, draft mailing.Draft, guard mailing.Guard) (mailing.Claimed, error)
	MailEnded(ctx context.Context, id item.ID, c mailing.Claimed, at time.Time, u mailing.Undelivered) error
}

// loginStatus answers whether logins at an institution work at all now.
type loginStatus interface {
	LoginsDown(ctx context.Context, institutionID string) (bool, error)
}

// MailOptions say how mails look from outside.
type MailOptions struct {
	PublicURL string // "https://relink.example.com", where deep links lead
	Domain    string // the right side of every Message-ID
}

// Mail holds the activities that mail merchants.
type Mail struct {
	sender   mailSender
	store    mailStore
	plaid    plaidClient
	logins   loginStatus
	policies policies
	links    *deeplink.Signer
	opts     MailOptions
	now      func() time.Time
}

// MailDeps are what the activities work with.
type MailDeps struct {
	Sender   mailSender
	Store    mailStore
	Plaid    plaidClient
	Logins   loginStatus
	Policies policies
	Links    *deeplink.Signer
}

// NewMail makes the activities.
func NewMail(d MailDeps, opts MailOptions) *Mail {
	opts.PublicURL = strings.TrimSuffix(opts.PublicURL, "/")
	return &Mail{
		sender: d.Sender, store: d.Store, plaid: d.Plaid, logins: d.Logins, policies: d.Policies, links: d.Links, opts: opts, now: time.Now,
	}
}

// Send is the argument of SendMail.
type Send struct {
	ItemID item.ID      `json:"item_id"`
	Mail   item.MailRef `json:"letter"`
	// AnsweredAt is when Plaid last answered. An answer that is older than Durations.AnswerFreshFor is not good enough to remind
	// anybody.
	AnsweredAt time.Time `json:"answered_at"`
	// Cause chooses the policy's variant.
	Cause item.Cause `json:"cause,omitempty"`
}

// Sent is how a mail ended, and under which Message-ID.
type Sent struct {
	Outcome   item.MailOutcome `json:"outcome"`
	MessageID string           `json:"message_id,omitempty"`
	// Until and Why are of a mail that is held.
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"`
}

// SendMail claims the letter's slot and hands its mail to the mail server. However often it is retried, wherever it
// crashes, the mail server sees one Message-ID and one body for a slot.
func (m *Mail) SendMail(ctx context.Context, in Send) (Sent, error) {
	var guard mailing.Guard
	if in.Mail.Kind.Reminds() { // gate 3 of 4 of a reminder (docs/architecture.md): is it still true?
		sent, g, err := m.mayRemind(ctx, in)
		if err != nil {
			return Sent{}, decide(ctx, err)
		}
		if sent.Outcome != "" {
			return sent, nil
		}
		guard = g
	}
	now := m.now().UTC().Truncate(time.Second)
	claimed, err := m.store.ClaimMail(ctx, in.ItemID, in.Mail, mailing.Draft{
		MessageID:     messageID(in.Mail.DedupKey(in.ItemID), m.opts.Domain),
		At:            now,
		LinkExpiresAt: now.Add(deeplink.Life),
	}, guard)
	if err != nil {
		return Sent{}, decide(ctx, err)
	}
	sent := Sent{Outcome: item.MailSent, MessageID: claimed.Content.MessageID}
	switch {
	case claimed.Held != item.Hold{}:
		return Sent{Outcome: item.MailHeld, Until: claimed.Held.Until, Why: claimed.Held.Why}, nil
	case claimed.Suppressed != "":
		return Sent{Outcome: item.MailSuppressed, Why: claimed.Suppressed.Sentence()}, nil
	case claimed.Shadowed:
		sent.Outcome = item.MailShadowed
		return sent, nil
	case claimed.Sent:
		return sent, nil
	case claimed.Failed:
		sent.Outcome = item.MailFailed
		return sent, nil
	}
	undelivered, err := m.hand(ctx, claimed)
	if err != nil {
		return Sent{}, decide(ctx, err)
	}
	if undelivered != (mailing.Undelivered{}) {
		sent.Outcome = item.MailFailed
	}
	if err := m.store.MailEnded(ctx, in.ItemID, claimed, m.now(), undelivered); err != nil {
		return Sent{}, decide(ctx, err)
	}
	return sent, nil
}

// bankLooks is how long a mail is held before a bank that is down is looked at again.
const bankLooks = 15 * time.Minute

// mayRemind asks all that may forbid a reminder but what the claim itself looks at. An outcome means that it must not go
// out; else guard is for the claim.
func (m *Mail) mayRemind(ctx context.Context, in Send) (sent Sent, guard mailing.Guard, err error) {
	if m.now().Sub(in.AnsweredAt) > item.Production().AnswerFreshFor {
		// With its accounts: without them an Item whose accounts are no longer shared would pass for healed.
		truth, err := ask(ctx, m.plaid, m.store, Ask{ItemID: in.ItemID, Accounts: true})
		if err != nil {
			return sent, guard, fmt.Errorf("before a reminder: %w", err)
		}
		if !stillWanted(in.Mail.Kind, truth) {
			return Sent{Outcome: item.MailUnneeded}, guard, nil
		}
	}
	h, err := m.store.MailHistory(ctx, in.ItemID, in.Mail.Incident, in.Mail.Kind)
	if err != nil {
		return sent, guard, fmt.Errorf("before a reminder: %w", err)
	}
	down, err := m.logins.LoginsDown(ctx, h.Item.InstitutionID)
	if err != nil {
		return sent, guard, fmt.Errorf("before a reminder: %w", err)
	}
	if down {
		return Sent{Outcome: item.MailHeld, Until: m.now().UTC().Add(bankLooks), Why: "nobody can log in at " + h.Item.Institution + " now"}, guard, nil
	}
	p, err := m.policies.Policy(ctx)
	if err != nil {
		return sent, guard, fmt.Errorf("before a reminder: %w", err)
	}
	rules := p.For(in.Cause, h.Item.Partner, h.Item.MerchantID)
	if !in.Mail.SendNow { // a mail that is tried again may have come into the night
		if open, why := rules.Open(m.now(), zoneOf(h.TimeZone)); open.After(m.now()) {
			return Sent{Outcome: item.MailHeld, Until: open.UTC(), Why: why}, guard, nil
		}
	}
	return sent, p.Guard(rules), nil
}

// stillWanted reports whether the answer leaves the mail's reason standing. An end ahead is no error of the Item's.
func stillWanted(kind item.MailKind, truth item.PlaidStatus) bool {
	state, _, decided := truth.Classify()
	if kind == item.Expires {
		return decided && state == item.Connected
	}
	return decided && state.Broken()
}

// undeliverable is what a mail adapter's error says when the same mail will never be taken.
type undeliverable interface {
	error
	Undeliverable() bool
	// BadAddress reports that the address itself is the trouble.
	BadAddress() bool
}

// hand answers why the mail can never be delivered, err when it may be tried again.
func (m *Mail) hand(ctx context.Context, c mailing.Claimed) (u mailing.Undelivered, err error) {
	notice := c.Content
	if notice.Kind.Reminds() {
		token := m.links.Token(deeplink.Grant{MerchantID: c.MerchantID, Slot: c.Slot, Expires: c.LinkExpiresAt})
		notice.DeepLink = m.opts.PublicURL + "/relink/" + token
		notice.Unsubscribe = m.opts.PublicURL + "/unsubscribe/" + m.links.Unsubscribe(c.MerchantID)
	}
	err = m.sender.Send(ctx, notice)
	var final undeliverable
	if errors.As(err, &final) && final.Undeliverable() {
		return mailing.Undelivered{Why: final.Error(), BadAddress: final.BadAddress()}, nil
	}
	if err != nil {
		return u, fmt.Errorf("hand over mail: %w", err)
	}
	return u, nil
}

// messageID is a function of the slot alone: a mail that is sent again carries the same one.
func messageID(slot, domain string) string {
	sum := sha256.Sum256([]byte(slot))
	return hex.EncodeToString(sum[:12]) + "@" + domain
}
