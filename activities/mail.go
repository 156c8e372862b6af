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

// mailSender hands a mail to the mail server. The same content must become the same bytes.
type mailSender interface {
	Send(ctx context.Context, content mailing.Content) error
}

// mailStore holds the claims of mails. Its contracts are those of postgres.Store.
type mailStore interface {
	tokens
	MailHistory(ctx context.Context, id item.ID, incident int, kind item.MailKind) (mailing.History, error)
	ClaimMail(ctx context.Context, id item.ID, mail item.MailRef, draft mailing.Draft, guard mailing.Guard) (mailing.Claimed, error)
	MailEnded(ctx context.Context, id item.ID, claimed mailing.Claimed, at time.Time, why mailing.Undelivered) error
}

// loginStatus reports whether logins at an institution fail for everybody at the moment.
type loginStatus interface {
	LoginsDown(ctx context.Context, institutionID string) (bool, error)
}

// MailOptions are what the mails of one installation have in common.
type MailOptions struct {
	PublicURL string // where deep links lead, "https://relink.example.com"
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

// MailDeps are the parts that the activities use.
type MailDeps struct {
	Sender   mailSender
	Store    mailStore
	Plaid    plaidClient
	Logins   loginStatus
	Policies policies
	Links    *deeplink.Signer
}

// NewMail returns the activities.
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
	// AnsweredAt is the time of Plaid's last answer. If it is older than Durations.AnswerFreshFor, a reminder asks Plaid
	// again first.
	AnsweredAt time.Time `json:"answered_at"`
	// Cause chooses among the policy's exceptions.
	Cause item.Cause `json:"cause,omitempty"`
}

// Sent is the result of SendMail: how the mail ended, and its Message-ID.
type Sent struct {
	Outcome   item.MailOutcome `json:"outcome"`
	MessageID string           `json:"message_id,omitempty"`
	// Until and Why belong to a held mail. A suppressed mail has Why as well.
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"`
}

// SendMail claims the mail's slot and hands the mail to the mail server. A retry, even after a crash, hands over the
// same Message-ID and the same body.
func (m *Mail) SendMail(ctx context.Context, in Send) (Sent, error) {
	var guard mailing.Guard
	if in.Mail.Kind.Reminds() { // gate 3 of 4 of a reminder (docs/architecture.md): is it still true?
		sent, g, err := m.checkReminder(ctx, in)
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
	undelivered, err := m.handOver(ctx, claimed)
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

// loginsRetry is how long a mail is held while nobody can log in at the bank.
const loginsRetry = 15 * time.Minute

// checkReminder returns an outcome when the reminder must not go out now. Otherwise it returns the limits that the
// claim itself checks.
func (m *Mail) checkReminder(ctx context.Context, in Send) (sent Sent, guard mailing.Guard, err error) {
	if m.now().Sub(in.AnsweredAt) > item.Production().AnswerFreshFor {
		// The question includes the accounts: without them, an Item whose accounts are no longer shared would count as
		// healed.
		status, err := ask(ctx, m.plaid, m.store, Ask{ItemID: in.ItemID, Accounts: true})
		if err != nil {
			return sent, guard, fmt.Errorf("check the Item before a reminder: %w", err)
		}
		if !stillWanted(in.Mail.Kind, status) {
			return Sent{Outcome: item.MailUnneeded}, guard, nil
		}
	}
	h, err := m.store.MailHistory(ctx, in.ItemID, in.Mail.Incident, in.Mail.Kind)
	if err != nil {
		return sent, guard, fmt.Errorf("read the mails before a reminder: %w", err)
	}
	down, err := m.logins.LoginsDown(ctx, h.Item.InstitutionID)
	if err != nil {
		return sent, guard, fmt.Errorf("check the logins before a reminder: %w", err)
	}
	if down {
		until := m.now().UTC().Add(loginsRetry)
		return Sent{Outcome: item.MailHeld, Until: until, Why: "nobody can log in at " + h.Item.Institution + " now"}, guard, nil
	}
	p, err := m.policies.Policy(ctx)
	if err != nil {
		return sent, guard, fmt.Errorf("read the policy before a reminder: %w", err)
	}
	rules := p.For(in.Cause, h.Item.Partner, h.Item.MerchantID)
	if !in.Mail.SendNow { // a retry may have reached the quiet hours
		if open, why := rules.Open(m.now(), zoneOf(h.TimeZone)); open.After(m.now()) {
			return Sent{Outcome: item.MailHeld, Until: open.UTC(), Why: why}, guard, nil
		}
	}
	return sent, p.Guard(rules), nil
}

// stillWanted reports whether Plaid's answer still gives a reason for the mail. An expiry ahead does not show as an
// error.
func stillWanted(kind item.MailKind, status item.PlaidStatus) bool {
	state, _, decided := status.Classify()
	if kind == item.Expires {
		return decided && state == item.Connected
	}
	return decided && state.Broken()
}

// undeliverable is implemented by a mail adapter's error. It says whether another try can succeed.
type undeliverable interface {
	error
	// Undeliverable reports that the server will never accept this mail.
	Undeliverable() bool
	// BadAddress reports that the address itself is the reason.
	BadAddress() bool
}

// handOver hands the mail to the mail server. It returns why when the mail can never be delivered, and an error when
// another try may succeed.
func (m *Mail) handOver(ctx context.Context, claimed mailing.Claimed) (why mailing.Undelivered, err error) {
	content := claimed.Content
	if content.Kind.Reminds() {
		token := m.links.Token(deeplink.Grant{MerchantID: claimed.MerchantID, Slot: claimed.Slot, Expires: claimed.LinkExpiresAt})
		content.DeepLink = m.opts.PublicURL + "/relink/" + token
		content.Unsubscribe = m.opts.PublicURL + "/unsubscribe/" + m.links.Unsubscribe(claimed.MerchantID)
	}
	err = m.sender.Send(ctx, content)
	var final undeliverable
	if errors.As(err, &final) && final.Undeliverable() {
		return mailing.Undelivered{Why: final.Error(), BadAddress: final.BadAddress()}, nil
	}
	if err != nil {
		return why, fmt.Errorf("hand over mail: %w", err)
	}
	return why, nil
}

// messageID depends on the slot and the domain alone, so a mail that is sent again has the same one.
func messageID(slot, domain string) string {
	sum := sha256.Sum256([]byte(slot))
	return hex.EncodeToString(sum[:12]) + "@" + domain
}
