package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/policy"
	"relink/internal/vault"
)

const itemID item.ID = "itm_1"

// The secrets of the tests' world: none of them may stand in a workflow's history, a log or an error's text.
const (
	accessToken = "access-sandbox-8ab976e6-64bc-4b38-98f7-731e7a349970"
	contactName = "Ada Contact"
	address     = "ada@bluebottle.example"
)

var sealed = vault.Sealed{Row: "items/itm_1", Ciphertext: []byte(accessToken)}

// The ports' fakes: each function is one call of the other side.
type (
	bank     func(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error)
	tokens   func(ctx context.Context, id item.ID) (vault.Sealed, error)
	postbox  func(ctx context.Context, n mailing.Content) error
	remember struct {
		load   func(id item.ID) (item.Ref, item.Life, error)
		record func(id item.ID, transitions []item.Transition) error
		mails  func(id item.ID, incident int, kind item.MailKind) (mailing.History, error)
	}
	branch func(institutionID string) (bool, error)
	rule   policy.Policy
)

func (f branch) LoginsDown(_ context.Context, institutionID string) (bool, error) {
	return f(institutionID)
}
func (r rule) Policy(context.Context) (policy.Policy, error) { return policy.Policy(r), nil }

// open is a bank whose logins work, plain a policy that holds nothing back.
func open(string) (bool, error) { return false, nil }

func plain() rule {
	p := policy.Default()
	p.Everybody.SecondLook, p.Everybody.Quiet, p.MassBreak = 0, policy.Quiet{}, policy.MassBreak{}
	return rule(p)
}

func (f bank) Truth(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
	return f(ctx, token, accounts)
}
func (f bank) LinkedAt(context.Context, vault.Sealed) (time.Time, error) { return time.Time{}, nil }
func (f bank) Remove(context.Context, vault.Sealed) error                { return nil }

func (f tokens) Token(ctx context.Context, id item.ID) (vault.Sealed, error) { return f(ctx, id) }
func (f tokens) LinkTokens(context.Context, item.ID, time.Time) ([]vault.Sealed, error) {
	return nil, nil
}
func (f tokens) KeepAccounts(context.Context, item.ID, []item.Account) error { return nil }
func (f postbox) Send(ctx context.Context, n mailing.Content) error          { return f(ctx, n) }

func (f remember) Load(_ context.Context, id item.ID) (item.Ref, item.Life, error) {
	return f.load(id)
}

func (f remember) Record(_ context.Context, id item.ID, transitions []item.Transition) error {
	return f.record(id, transitions)
}

func (f remember) MailHistory(_ context.Context, id item.ID, incident int, kind item.MailKind) (mailing.History, error) {
	return f.mails(id, incident, kind)
}

// enrolled is a vault that knows one Item.
func enrolled(_ context.Context, id item.ID) (vault.Sealed, error) {
	if id != itemID {
		return vault.Sealed{}, fmt.Errorf("load item %s: %w", id, item.ErrUnknown)
	}
	return sealed, nil
}

// says is a bank with one answer.
func says(truth item.PlaidStatus) bank {
	return func(context.Context, vault.Sealed, bool) (item.PlaidStatus, error) { return truth, nil }
}

// refuses is a bank that cannot be asked.
func refuses(err error) bank {
	return func(context.Context, vault.Sealed, bool) (item.PlaidStatus, error) { return item.PlaidStatus{}, err }
}

// fault is an adapter's error that can speak for itself.
type fault struct {
	text      string
	wait      time.Duration
	throttled bool
	ours      bool
	final     bool
}

func (f *fault) Error() string                    { return f.text }
func (f *fault) Throttled() (time.Duration, bool) { return f.wait, f.throttled }
func (f *fault) OurFault() bool                   { return f.ours }
func (f *fault) Final() bool                      { return f.final }

// bounce is a mail server's refusal for good.
type bounce string

func (b bounce) Error() string       { return string(b) }
func (b bounce) Undeliverable() bool { return true }
func (b bounce) BadAddress() bool    { return strings.Contains(string(b), " 5.1.1 ") }

// mailbook is a book of claims in memory, with the contracts of postgres.Store: the first claim of a slot settles it,
// whoever comes later gets that one, as it reads back from storage.
type mailbook struct {
	tokens
	merchant enrolment.Merchant

	mu     sync.Mutex
	claims map[string]*claim
	// endFails are the errors that the next calls of MailEnded answer, without marking anything.
	endFails []error
	// held is what a claim is answered with when it is set; guards are those that claims came with.
	held   item.Hold
	guards []mailing.Guard
	// suppressed is why nobody may mail the merchant.
	suppressed mailing.SuppressReason
}

type claim struct {
	id           int64
	notice       []byte
	expires      time.Time
	sent, failed time.Time
	failure      string
	badAddress   bool
}

func newMailbook() *mailbook {
	return &mailbook{tokens: enrolled, claims: map[string]*claim{}, merchant: enrolment.Merchant{
		ID: "m_1", BusinessName: "Blue Bottle", ContactName: contactName, Email: address,
		TimeZone: "America/New_York", Locale: "en-US", Partner: "iso_7",
	}}
}

func (b *mailbook) MailHistory(context.Context, item.ID, int, item.MailKind) (mailing.History, error) {
	return mailing.History{
		Item: item.Ref{MerchantID: "m_1", InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "iso_7"}, TimeZone: "America/New_York",
	}, nil
}

func (b *mailbook) ClaimMail(_ context.Context, id item.ID, letter item.MailRef, draft mailing.Draft, guard mailing.Guard) (mailing.Claimed, error) {
	b.guards = append(b.guards, guard)
	if b.held != (item.Hold{}) {
		return mailing.Claimed{Held: b.held}, nil
	}
	if b.suppressed != "" {
		return mailing.Claimed{Suppressed: b.suppressed}, nil
	}
	if strings.HasPrefix(string(id), "nobody") {
		return mailing.Claimed{}, fmt.Errorf("claim mail for item %s: %w", id, item.ErrUnknown)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	slot := letter.DedupKey(id)
	c := b.claims[slot]
	if c == nil {
		notice, err := json.Marshal(mailing.Content{
			MessageID: draft.MessageID, Date: draft.At, Kind: letter.Kind, Merchant: b.merchant,
			Connections: []mailing.Connection{{ID: id, Institution: "First Platypus Bank", State: item.LoginRequired, Cause: item.Credentials}},
		})
		if err != nil {
			return mailing.Claimed{}, err
		}
		c = &claim{id: int64(len(b.claims)) + 1, notice: notice, expires: draft.LinkExpiresAt}
		b.claims[slot] = c
	}
	claimed := mailing.Claimed{
		MailID: c.id, MerchantID: b.merchant.ID, Slot: slot, LinkExpiresAt: c.expires, Sent: !c.sent.IsZero(), Failed: !c.failed.IsZero(),
	}
	return claimed, json.Unmarshal(c.notice, &claimed.Content)
}

func (b *mailbook) MailEnded(_ context.Context, id item.ID, c mailing.Claimed, at time.Time, u mailing.Undelivered) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.endFails) > 0 {
		err := b.endFails[0]
		b.endFails = b.endFails[1:]
		return err
	}
	mail := b.claims[c.Slot]
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

// slot answers a copy of a claim, or nil when nobody claimed it.
func (b *mailbook) slot(letter item.MailRef) *claim {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.claims[letter.DedupKey(itemID)]
	if c == nil {
		return nil
	}
	same := *c
	return &same
}

// journal is a Temporal logger that keeps its lines.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) line(level, msg string, keyvals []any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintln(append([]any{level, msg}, keyvals...)...))
}

func (j *journal) Debug(msg string, keyvals ...any) { j.line("debug", msg, keyvals) }
func (j *journal) Info(msg string, keyvals ...any)  { j.line("info", msg, keyvals) }
func (j *journal) Warn(msg string, keyvals ...any)  { j.line("warn", msg, keyvals) }
func (j *journal) Error(msg string, keyvals ...any) { j.line("error", msg, keyvals) }

// alerts answers the lines that a person is woken by.
func (j *journal) alerts() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(j.lines), func(line string) bool {
		return !strings.HasPrefix(line, "error our own credentials are refused")
	})
}

// perform runs an activity as a worker does: arguments, result and error go through Temporal's own encoding.
func perform[R any](t *testing.T, owner, activity, in any) (R, *journal, error) {
	t.Helper()
	var (
		suite testsuite.WorkflowTestSuite
		log   journal
		out   R
	)
	suite.SetLogger(&log)
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(owner)
	got, err := env.ExecuteActivity(activity, in)
	if err == nil && got.HasValue() {
		require.NoError(t, got.Get(&out))
	}
	return out, &log, err
}

// decision is the retry decision an error carries.
type decision struct {
	Type   string
	Final  bool
	Wait   time.Duration
	Benign bool
}

func decisionOf(t *testing.T, err error) decision {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return decision{app.Type(), app.NonRetryable(), app.NextRetryDelay(), app.Category() == temporal.ApplicationErrorCategoryBenign}
}
