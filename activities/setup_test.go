package activities_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/policy"
	"relink/internal/vault"
)

const itemID item.ID = "itm_1"

// The secrets of the set-up. No history, no log and no error may hold one of them.
const (
	accessToken = "access-sandbox-8ab976e6-64bc-4b38-98f7-731e7a349970"
	contactName = "Ada Contact"
	address     = "ada@bluebottle.example"
)

var sealed = vault.Sealed{Row: "items/itm_1", Ciphertext: []byte(accessToken)}

// The fakes of the ports. Each function answers one call.
type (
	fakePlaid  func(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error)
	tokens     func(ctx context.Context, id item.ID) (vault.Sealed, error)
	fakeSender func(ctx context.Context, content mailing.Content) error
	fakeStore  struct {
		load   func(id item.ID) (item.Ref, item.Life, error)
		record func(id item.ID, transitions []item.Transition) error
		mails  func(id item.ID, incident int, kind item.MailKind) (mailing.History, error)
	}
	fakeLogins  func(institutionID string) (bool, error)
	fixedPolicy policy.Policy
)

func (f fakeLogins) LoginsDown(_ context.Context, institutionID string) (bool, error) {
	return f(institutionID)
}
func (p fixedPolicy) Policy(context.Context) (policy.Policy, error) { return policy.Policy(p), nil }

// loginsWork reports that logins work at every bank.
func loginsWork(string) (bool, error) { return false, nil }

// permissive returns a policy that holds no mail back.
func permissive() fixedPolicy {
	p := policy.Default()
	p.Everybody.SecondLook, p.Everybody.Quiet, p.MassBreak = 0, policy.Quiet{}, policy.MassBreak{}
	return fixedPolicy(p)
}

func (f fakePlaid) Status(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
	return f(ctx, token, accounts)
}

func (f fakePlaid) LinkedAt(context.Context, vault.Sealed) (time.Time, error) {
	return time.Time{}, nil
}
func (f fakePlaid) Remove(context.Context, vault.Sealed) error { return nil }

func (f tokens) Token(ctx context.Context, id item.ID) (vault.Sealed, error) { return f(ctx, id) }
func (f tokens) LinkTokens(context.Context, item.ID, time.Time) ([]vault.Sealed, error) {
	return nil, nil
}
func (f tokens) KeepAccounts(context.Context, item.ID, []item.Account) error { return nil }
func (f fakeSender) Send(ctx context.Context, content mailing.Content) error { return f(ctx, content) }

func (f fakeStore) Load(_ context.Context, id item.ID) (item.Ref, item.Life, error) {
	return f.load(id)
}

func (f fakeStore) Record(_ context.Context, id item.ID, transitions []item.Transition) error {
	return f.record(id, transitions)
}

func (f fakeStore) MailHistory(_ context.Context, id item.ID, incident int, kind item.MailKind) (mailing.History, error) {
	return f.mails(id, incident, kind)
}

// enrolled returns the token of the one Item that is enrolled.
func enrolled(_ context.Context, id item.ID) (vault.Sealed, error) {
	if id != itemID {
		return vault.Sealed{}, fmt.Errorf("load item %s: %w", id, item.ErrUnknown)
	}
	return sealed, nil
}

// says returns a Plaid with one answer.
func says(status item.PlaidStatus) fakePlaid {
	return func(context.Context, vault.Sealed, bool) (item.PlaidStatus, error) { return status, nil }
}

// refuses returns a Plaid that answers every question with an error.
func refuses(err error) fakePlaid {
	return func(context.Context, vault.Sealed, bool) (item.PlaidStatus, error) { return item.PlaidStatus{}, err }
}

// fault is an adapter's error that knows which retry can help.
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

// bounce is a mail server's permanent refusal.
type bounce string

func (b bounce) Error() string       { return string(b) }
func (b bounce) Undeliverable() bool { return true }
func (b bounce) BadAddress() bool    { return strings.Contains(string(b), " 5.1.1 ") }

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

// alerts returns the lines that raise an alert.
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

// decision is the retry decision that an error carries.
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
