package activities_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/deeplink"
	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/vault"
)

var (
	reminder = item.MailRef{Kind: item.Reminder, Incident: 3, Step: 1}
	thanks   = item.MailRef{Kind: item.Reconnected, Incident: 3}
	options  = activities.MailOptions{PublicURL: "https://relink.example.com", Domain: "mail.example.com"}
)

func signer(t *testing.T) *deeplink.Signer {
	t.Helper()
	s, err := deeplink.NewSigner(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	return s
}

// mailSetup is a Mail with fakes around it. A question to Plaid fails the test unless says is set.
type mailSetup struct {
	*activities.Mail
	store  *fakeMailStore
	handed []mailing.Content
	server error // what the mail server returns
	asked  []bool
	says   fakePlaid
	down   bool // nobody can log in at the bank
	policy fixedPolicy
}

// at runs the test with a mailSetup in a synctest bubble, whose clock stands still unless the test waits.
func at(t *testing.T, test func(t *testing.T, s *mailSetup)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &mailSetup{store: newFakeMailStore(), policy: permissive()}
		s.Mail = s.with(t, options)
		<-time.After(1500 * time.Millisecond) // a bubble begins at a whole second
		test(t, s)
	})
}

// with returns the activities of the same set-up with other options, as after a deploy.
func (s *mailSetup) with(t *testing.T, opts activities.MailOptions) *activities.Mail {
	t.Helper()
	return activities.NewMail(activities.MailDeps{
		Sender: fakeSender(func(_ context.Context, content mailing.Content) error {
			s.handed = append(s.handed, content)
			return s.server
		}),
		Store: s.store,
		Plaid: fakePlaid(func(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
			s.asked = append(s.asked, accounts)
			require.NotNil(t, s.says, "Plaid was asked")
			require.Equal(t, sealed, token)
			return s.says(ctx, token, accounts)
		}),
		Logins: fakeLogins(func(id string) (bool, error) {
			require.Equal(t, "ins_109508", id)
			return s.down, nil
		}),
		Policies: &s.policy, Links: signer(t),
	}, opts)
}

// send sends a mail. Plaid's last answer is that old.
func (s *mailSetup) send(t *testing.T, mail item.MailRef, age time.Duration) (activities.Sent, error) {
	t.Helper()
	return s.SendMail(t.Context(), activities.Send{ItemID: itemID, Mail: mail, AnsweredAt: time.Now().Add(-age)})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

// fakeMailStore keeps claims in memory, with the contract of postgres.Store. The first claim of a slot decides its
// content. A later claim returns that content, decoded from storage.
type fakeMailStore struct {
	tokens
	merchant enrolment.Merchant

	mu     sync.Mutex
	claims map[string]*claim
	// endFails are the errors that the next calls of MailEnded return. Those calls mark nothing.
	endFails []error
	// held is what a claim returns when it is set. guards are the guards of all claims.
	held   item.Hold
	guards []mailing.Guard
	// suppressed is why nobody may mail the merchant.
	suppressed mailing.SuppressReason
}

type claim struct {
	id           int64
	content      []byte
	expires      time.Time
	sent, failed time.Time
	failure      string
	badAddress   bool
}

func newFakeMailStore() *fakeMailStore {
	return &fakeMailStore{tokens: enrolled, claims: map[string]*claim{}, merchant: enrolment.Merchant{
		ID: "m_1", BusinessName: "Blue Bottle", ContactName: contactName, Email: address,
		TimeZone: "America/New_York", Locale: "en-US", Partner: "iso_7",
	}}
}

func (f *fakeMailStore) MailHistory(context.Context, item.ID, int, item.MailKind) (mailing.History, error) {
	ref := item.Ref{MerchantID: "m_1", InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso_7"}
	return mailing.History{Item: ref, TimeZone: "America/New_York"}, nil
}

func (f *fakeMailStore) ClaimMail(
	_ context.Context, id item.ID, mail item.MailRef, draft mailing.Draft, guard mailing.Guard,
) (mailing.Claimed, error) {
	f.guards = append(f.guards, guard)
	if f.held != (item.Hold{}) {
		return mailing.Claimed{Held: f.held}, nil
	}
	if f.suppressed != "" {
		return mailing.Claimed{Suppressed: f.suppressed}, nil
	}
	if strings.HasPrefix(string(id), "nobody") {
		return mailing.Claimed{}, fmt.Errorf("claim mail for item %s: %w", id, item.ErrUnknown)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	slot := mail.DedupKey(id)
	c := f.claims[slot]
	if c == nil {
		content, err := json.Marshal(mailing.Content{
			MessageID: draft.MessageID, Date: draft.At, Kind: mail.Kind, Merchant: f.merchant,
			Connections: []mailing.Connection{{ID: id, Institution: "First Platypus Bank", State: item.LoginRequired, Cause: item.Credentials}},
		})
		if err != nil {
			return mailing.Claimed{}, err
		}
		c = &claim{id: int64(len(f.claims)) + 1, content: content, expires: draft.LinkExpiresAt}
		f.claims[slot] = c
	}
	claimed := mailing.Claimed{
		MailID: c.id, MerchantID: f.merchant.ID, Slot: slot, LinkExpiresAt: c.expires, Sent: !c.sent.IsZero(), Failed: !c.failed.IsZero(),
	}
	return claimed, json.Unmarshal(c.content, &claimed.Content)
}

func (f *fakeMailStore) MailEnded(_ context.Context, id item.ID, c mailing.Claimed, at time.Time, u mailing.Undelivered) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.endFails) > 0 {
		err := f.endFails[0]
		f.endFails = f.endFails[1:]
		return err
	}
	mail := f.claims[c.Slot]
	if mail == nil || mail.id != c.MailID || !strings.HasPrefix(c.Slot, string(id)+"/") {
		return errors.New("marked a mail that was never claimed")
	}
	if u != (mailing.Undelivered{}) {
		mail.failed, mail.failure, mail.badAddress = at, u.Why, u.BadAddress
	} else {
		mail.sent = at
	}
	return nil
}

// slot returns a copy of a claim, or nil when the slot is not claimed.
func (f *fakeMailStore) slot(mail item.MailRef) *claim {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.claims[mail.DedupKey(itemID)]
	if c == nil {
		return nil
	}
	same := *c
	return &same
}
