package postgres_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
)

// update writes the golden rows anew. Rows of earlier releases have these names, so that none may change or go away.
var update = flag.Bool("update", false, "write the golden rows anew")

func goldenRows(t *testing.T, name, got string) string {
	t.Helper()
	file := filepath.Join("testdata", "rows", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(golden)
}

// twoBroken is a merchant with one Item that is broken and one that is about to end.
func twoBroken(t *testing.T, b bundle) (mail item.MailRef, content mailing.Content) {
	t.Helper()
	b.breakItem(t, "itm_1", "m_1", noon)
	b.enrol(t, "itm_2", "m_1")
	require.NoError(t, b.Record(t.Context(), "itm_2", []item.Transition{{
		Incident: 1, Step: item.Opened, From: item.Connected, To: item.Expiring, Cause: item.ConsentExpiring, By: item.ExpiryAnnounced,
		At: noon.Add(time.Hour), EndsAt: noon.Add(week),
	}}))
	return reminder(1, 1), mailing.Content{
		MessageID: "draft-1@relink.example", Date: draft(1).At, Kind: item.Reminder, Merchant: b.enrolment(t, "itm_1", "m_1").Merchant,
		Connections: []mailing.Connection{
			{ID: "itm_1", Institution: "First Platypus Bank", State: item.LoginRequired, Cause: item.Credentials, BrokenSince: noon},
			{
				ID: "itm_2", Institution: "First Platypus Bank", State: item.Expiring, Cause: item.ConsentExpiring,
				BrokenSince: noon.Add(time.Hour), EndsAt: noon.Add(week),
			},
		},
	}
}

func TestClaimMail_storesTheMailUnderTheNamesOfEarlierReleases(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mail, content := twoBroken(t, b)
	require.Equal(t, content, b.claimMail(t, "itm_1", mail, draft(1)).Content)
	var stored string
	require.NoError(t, b.raw.QueryRow(t.Context(), `SELECT notice::text FROM mails`).Scan(&stored))
	require.JSONEq(t, goldenRows(t, "mail.json", stored), stored)
}

func TestClaimMail_readsAMailThatAnEarlierReleaseClaimed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mail, content := twoBroken(t, b)
	golden, err := os.ReadFile(filepath.Join("testdata", "rows", "mail.json"))
	require.NoError(t, err)
	b.exec(t, `
		INSERT INTO mails (merchant_id, slot, item_id, incident, kind, step, message_id, notice, claimed_at, link_expires_at)
		VALUES ('m_1', $1, 'itm_1', 1, 'reminder', 1, $2, $3, $4, $5)`,
		mail.DedupKey("itm_1"), content.MessageID, string(golden), draft(1).At, draft(1).LinkExpiresAt)
	claimed := b.claimMail(t, "itm_1", mail, draft(2))
	require.Equal(t, content, claimed.Content)

	// SQL reads and writes in the stored mail, too.
	bounced, err := b.MailBounced(t.Context(),
		mailing.BounceReport{MessageID: content.MessageID, Kind: mailing.Bounce, Permanent: true, By: "ops", At: noon})
	require.NoError(t, err)
	require.True(t, bounced.Suppressed)
	listed, err := b.Suppressions(t.Context())
	require.NoError(t, err)
	require.Equal(t, content.Merchant.Email, listed[0].Address)
}

// rows returns the lines of a query, whose only column is text.
func (b bundle) rows(t *testing.T, sql string) string {
	t.Helper()
	rows, err := b.raw.Query(t.Context(), sql)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return strings.Join(lines, "\n") + "\n"
}

// The audit is append-only and the outbox is delivered by later releases: what stands in them keeps its names.
func TestRecord_writesAuditAndOutboxUnderTheNamesOfEarlierReleases(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	must := func(_ any, err error) {
		t.Helper()
		require.NoError(t, err)
	}
	e := b.enrolment(t, "itm_1", "m_1")
	e.Consent = &enrolment.Consent{Who: "Ada", At: noon, Products: []string{"auth"}, CopyVersion: "v3", RequiredAccounts: []string{"a"}}
	must(b.Enrol(ctx, e))
	must(b.Act(ctx, act("itm_1", item.LinkOpened), noon, map[string]any{"step": 1}))
	full := opened(1, noon)
	full.By = item.SaysError
	ordered := item.Transition{
		Incident: 1, Step: item.Ordered, Change: 1, From: item.LoginRequired, To: item.LoginRequired, Cause: item.Credentials,
		At: noon.Add(2 * time.Minute), Why: "snooze, by ops-1", InboxIDs: []int64{8, 9},
	}
	expiring := item.Transition{
		Incident: 1, Step: item.Changed, Change: 1, From: item.LoginRequired, To: item.Expiring, Cause: item.ConsentExpiring,
		At: noon.Add(3 * time.Minute), By: item.ExpiryAnnounced, EndsAt: noon.Add(week),
	}
	require.NoError(t, b.Record(ctx, "itm_1", []item.Transition{full, ordered, expiring}))
	must(b.ChangeMerchant(ctx, "m_1", "ops-1", noon, func(m *enrolment.Merchant) ([]string, error) {
		m.Locale = "fr-FR"
		return []string{"locale"}, nil
	}))
	must(b.Shadow(ctx, "itm_1", true, noon))
	b.claimMail(t, "itm_1", item.MailRef{Kind: item.Expires, Incident: 1, Step: 1}, draft(1))
	must(b.Shadow(ctx, "itm_1", false, noon.Add(time.Minute)))
	sent := b.claimMail(t, "itm_1", item.MailRef{Kind: item.Expires, Incident: 1, Step: 2}, draft(2))
	require.NoError(t, b.MailEnded(ctx, "itm_1", sent, noon, mailing.Undelivered{}))
	must(b.MailBounced(ctx,
		mailing.BounceReport{MessageID: sent.Content.MessageID, Kind: mailing.Complaint, Codes: "550 5.1.1", By: "ops-1", At: noon}))
	b.claimMail(t, "itm_1", item.MailRef{Kind: item.Expires, Incident: 1, Step: 3}, draft(3)) // suppressed
	_, _, err := b.Unsuppress(ctx, "ada@m_1.example", "ops-1", noon)
	require.NoError(t, err)
	failed := b.claimMail(t, "itm_1", item.MailRef{Kind: item.Expires, Incident: 1, Step: 4}, draft(4))
	require.NoError(t, b.MailEnded(ctx, "itm_1", failed, noon, mailing.Undelivered{Why: "550"}))
	require.NoError(t, b.Note(ctx, "itm_1", noon, "access_token_shown", map[string]string{"by": "platform", "reason": "pull"}))
	must(b.AskErase(ctx, "m_1", "platform", noon))
	require.NoError(t, b.Record(ctx, "itm_1", []item.Transition{{
		Incident: 1, Step: item.Closed, From: item.Expiring, To: item.Removed, Cause: item.Gone, By: item.ByOperator, At: noon.Add(time.Hour),
	}}))

	audit := b.rows(t, `SELECT kind || ' ' || data::text FROM audit ORDER BY seq`)
	require.Equal(t, goldenRows(t, "audit.txt", audit), audit)
	outbox := b.rows(t, `SELECT key || ' ' || destination || ' ' || event || ' ' || payload::text FROM outbox ORDER BY outbox_id`)
	require.Equal(t, goldenRows(t, "outbox.txt", outbox), outbox)
}
