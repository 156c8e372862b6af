package ops_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api/ops"
	"relink/internal/item"
	"relink/internal/readmodel"
)

var (
	now  = time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)
	olga = ops.Reader{Name: "Olga", Roles: "ops", SignedIn: true}
	// uma has more to say about herself than a phone is wide.
	uma = ops.Reader{Name: "Uma Underwood-Wellington of Springfield", Roles: "underwriter, support", SignedIn: true}
)

func pages(t *testing.T) *ops.Pages {
	t.Helper()
	p, err := ops.New()
	require.NoError(t, err)
	return p
}

func listed(business, bank string, state item.State, cause item.Cause, incident int, ago time.Duration) readmodel.Listed {
	l := readmodel.Listed{
		Item: item.Ref{
			ID: item.ID("itm " + business), Environment: "sandbox", MerchantID: "m_" + business, BusinessName: business,
			InstitutionID: "ins_1", Institution: bank, Partner: "iso-7",
		},
		State: state, Cause: cause, Incident: incident,
	}
	if state.NeedsMerchant() {
		l.BrokenSince = now.Add(-ago)
	}
	return l
}

func someItems() ops.Overview {
	return ops.Overview{
		Reader: olga, Environment: "sandbox", Now: now,
		Counts: map[item.State]int{item.Connected: 1204, item.LoginRequired: 2, item.Revoked: 1, item.Removed: 7},
		Items: []readmodel.Listed{
			listed("Delta Dental Laboratories of Greater Springfield", "First Platypus Bank", item.LoginRequired,
				item.BankAction, 12, 9*24*time.Hour),
			listed("Corner Bakery", "Tartan Bank", item.LoginRequired, item.Credentials, 1, 3*time.Hour),
			listed("Harbor Supply", "Houndstooth Bank", item.Revoked, item.ConsentRevoked, 2, 5*time.Minute),
			listed("Blue Bottle", "First Platypus Bank", item.Connected, "", 3, 0),
			listed("Elm Street Auto", "First Platypus Bank", item.Connected, "", 0, 0),
			listed("Gone & Sons", "Tartan Bank", item.Removed, item.Gone, 1, 0),
		},
	}
}

func overview(t *testing.T, o ops.Overview) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, pages(t).Overview(&b, o))
	return b.String()
}

// text returns what a reader of the page sees.

func text(markup string) string {
	plain := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(markup, " ")
	return strings.Join(strings.Fields(plain), " ")
}

// guarded returns an overview with pauses and tasks of every kind.

func TestItem_everyCauseHasALabelOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, cause := range item.Causes() {
		o := someItems()
		o.Items = []readmodel.Listed{listed("Corner Bakery", "Tartan Bank", item.LoginRequired, cause, 1, time.Hour)}
		name := strings.ReplaceAll(string(cause), "_", " ")
		require.NotContains(t, text(overview(t, o)), strings.ToUpper(name[:1])+name[1:]+" 1 h", "%s is only named", cause)
	}
}

func entry(minute int, what, ref string, data any) readmodel.TimelineEntry {
	encoded, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return readmodel.TimelineEntry{At: now.Add(time.Duration(minute-100) * time.Minute), What: what, Ref: ref, Data: encoded}
}

func anIncident() ops.Item {
	return ops.Item{
		Reader: olga, Environment: "sandbox", Now: now,
		Listed: listed("Corner Bakery", "Tartan Bank", item.LoginRequired, item.Credentials, 2, 3*time.Hour),
		Timeline: []readmodel.TimelineEntry{
			{At: now.Add(-50 * time.Hour), What: "enrolled", Ref: "audit 1", Data: json.RawMessage(`{"institution":"Tartan Bank"}`)},
			entry(0, "webhook ITEM/ERROR", "inbox 17", map[string]any{
				"webhook_type": "ITEM", "error": map[string]any{"error_code": "ITEM_LOGIN_REQUIRED", "error_code_reason": "OAUTH_CONSENT_EXPIRED"},
			}),
			entry(1, "incident_opened", "audit 2", item.Transition{
				Incident: 2, Step: item.Opened, From: item.Connected,
				To: item.LoginRequired, Cause: item.Credentials, PlaidSays: "ITEM_LOGIN_REQUIRED",
			}),
			entry(2, "mail_sent", "audit 3", map[string]any{"kind": "reminder", "message_id": "<1@relink>", "failure": ""}),
			entry(3, "mail_failed", "audit 4", map[string]any{"kind": "reminder", "failure": "550 no such mailbox"}),
			entry(4, item.LinkOpened, "audit 5", map[string]any{"slot": "x", "link_token_expires_at": now}),
			entry(5, item.LinkLeft, "audit 6", map[string]any{"status": "requires_credentials", "error_code": "INVALID_CREDENTIALS"}),
			entry(6, item.LinkFinished, "audit 7", map[string]any{"link_session_id": "s"}),
			entry(7, "incident_changed", "audit 8", item.Transition{Incident: 2, Step: item.Changed, To: item.Removed, Cause: item.Gone}),
			entry(8, "incident_escalated", "audit 9", item.Transition{Incident: 2, Step: item.Escalated}),
			entry(9, "incident_closed", "audit 10", item.Transition{Incident: 2, Step: item.Closed, To: item.Connected}),
			entry(10, "mail_sent", "audit 11", map[string]any{"kind": "reconnected"}),
			entry(11, "draw_held", "audit 12", []string{"a shape", "nobody knows"}),
			entry(12, "webhook ITEM/NEW_THING", "inbox 18", map[string]any{"error": nil}),
		},
	}
}

func itemPage(t *testing.T, i ops.Item) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, pages(t).Item(&b, i))
	return b.String()
}

func TestItem_timelineIsReadableNewestFirst(t *testing.T) {
	t.Parallel()
	said := text(itemPage(t, anIncident()))
	at := -1
	for _, line := range []string{
		"Corner Bakery", "Tartan Bank", "Login required", "The bank refuses the saved sign-in, since 22 Nov, 12:04 UTC (3 h) .",
		"Incidents 2, the last one open", "Merchant m_Corner Bakery", "Partner iso-7", "Newest first, all times in UTC.",
		"Sunday, 22 November 2026",
		"13:36:05 Plaid sent ITEM: NEW_THING",
		"13:35:05 Draw held",
		"The thanks went to the merchant",
		"Incident 2 closed Plaid was asked, and says that the Item is healthy",
		"Incident 2 needs a person",
		"Incident 2 changed: Plaid no longer knows the Item",
		"The merchant finished Link",
		"The merchant left Link INVALID_CREDENTIALS, requires_credentials",
		"The merchant opened Link Mails pause until 15:04 UTC",
		"A reminder could not be delivered 550 no such mailbox",
		"A reminder went to the merchant",
		"13:25:05 Incident 2 opened: the bank refuses the saved sign-in Plaid was asked, and says ITEM_LOGIN_REQUIRED",
		"13:24:05 Plaid sent ITEM: ERROR ITEM_LOGIN_REQUIRED, OAUTH_CONSENT_EXPIRED Record inbox 17",
		"Friday, 20 November 2026",
		"13:04:05 Enrolled",
	} {
		found := strings.Index(said, line)
		require.Greater(t, found, at, "%q is missing or comes too early:\n%s", line, said)
		at = found
	}
	require.Contains(t, said, `&#34;a shape&#34;`, "the exact record is there, whatever its shape")
}

func TestItem_showsForeignNamesUnchangedAndHarmless(t *testing.T) {
	t.Parallel()
	i := anIncident()
	i.Listed.Item.BusinessName = `<script>alert("x")</script>`
	i.Timeline = append(i.Timeline, entry(20, `<img src=x onerror=alert(1)>`, "audit 13", map[string]string{"a": "</pre><script>"}))
	page := itemPage(t, i)
	require.NotContains(t, page, "<script")
	require.NotContains(t, page, "<img src=x")
	o := someItems()
	o.Items[0].Item.BusinessName, o.Items[0].Item.ID, o.State = "", `"><script>`, `"><script>`
	page = overview(t, o)
	require.NotContains(t, page, "<script")
	require.Contains(t, text(page), "— First Platypus Bank", "a business without a name")
}

func TestPages_needNoMoreThanTheirPolicyAllows(t *testing.T) {
	t.Parallel()
	require.NotContains(t, ops.CSP, "unsafe")
	require.NotContains(t, ops.CSP, "script-src")
	for _, page := range everyPage(t) {
		for _, forbidden := range []string{"<script", " style=", " onclick", "javascript:", "http://", "https://"} {
			require.NotContains(t, page, forbidden)
		}
	}
}

func everyPage(t *testing.T) map[string]string {
	t.Helper()
	hers := anIncident()
	hers.Reader = uma
	all := map[string]string{"overview": overview(t, someItems()), "guards": overview(t, guarded()), "item": itemPage(t, hers)}
	for _, kind := range []ops.MessageKind{ops.SignedOut, ops.Stale, ops.Refused, ops.Forbidden, ops.NotFound, ops.ServerError} {
		var b strings.Builder
		require.NoError(t, pages(t).Message(&b, kind, ops.Reader{}))
		require.NotContains(t, b.String(), "Sign out")
		require.Regexp(t, `<h1>[A-Z][^<]{10,}</h1>\s*<p class="text">[A-Z][^<]{20,}\.</p>`, b.String(), kind)
		all[string(kind)] = b.String()
	}
	return all
}

func TestMessage_forbiddenNamesTheReadersRoles(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	require.NoError(t, pages(t).Message(&b, ops.Forbidden, ops.Reader{Name: "Mona", Roles: "merchant", SignedIn: true}))
	require.Contains(t, text(b.String()), "You are signed in as merchant.")
	require.Contains(t, text(b.String()), "Sign out")
}

func TestPages_haveAllTheirAssetsServed(t *testing.T) {
	t.Parallel()
	for name, page := range everyPage(t) {
		found := regexp.MustCompile(`/ops/assets/[^"]+`).FindAllString(page, -1)
		require.Len(t, found, 3, name)
		for _, path := range found {
			w := httptest.NewRecorder()
			pages(t).Assets().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			require.Equal(t, http.StatusOK, w.Code, path)
			require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
		}
	}
}

func TestItem_timelineSaysWhatOpenedAndClosedAnIncident(t *testing.T) {
	t.Parallel()
	ends := time.Date(2026, 12, 10, 12, 0, 0, 0, time.UTC)
	for want, m := range map[string]readmodel.TimelineEntry{
		"Incident 2 opened: the bank moves to another kind of sign-in Plaid announced it in a signed webhook. " +
			"It works until 10 December 2026, 12:00 UTC": entry(1, "incident_opened", "audit 2",
			item.Transition{Incident: 2, Step: item.Opened, To: item.Expiring, Cause: item.Migration, By: item.ExpiryAnnounced, EndsAt: ends}),
		"Incident 2 changed: the bank refuses the saved sign-in Plaid was asked, and says ITEM_LOGIN_REQUIRED": entry(1,
			"incident_changed", "audit 2",
			item.Transition{
				Incident: 2, Step: item.Changed, To: item.LoginRequired, Cause: item.Credentials,
				By: item.SaysError, PlaidSays: "ITEM_LOGIN_REQUIRED",
			}),
		"Incident 2 closed The merchant finished Link since the end was known": entry(1, "incident_closed", "audit 2",
			item.Transition{Incident: 2, Step: item.Closed, To: item.Connected, By: item.LinkedSince}),
		"The Item is removed An operator wanted it": entry(1, "incident_closed", "audit 2",
			item.Transition{Incident: 2, Step: item.Closed, To: item.Removed, By: item.ByOperator}),
		"Incident 2 needs a person The bank wants the merchant at every update": entry(1, "incident_escalated", "audit 2",
			item.Transition{Incident: 2, Step: item.Escalated, Why: "the bank wants the merchant at every update"}),
		"Our own rules refused a change of the Item Refused: no rule": entry(1, "incident_rule_violation", "audit 2",
			item.Transition{Incident: 1, Step: item.RuleViolation, Why: "refused: no rule"}),
		"An operator acted Snooze until 2026-12-01T00:00:00Z, by olga_o": entry(1, "incident_ordered", "audit 2",
			item.Transition{Incident: 2, Step: item.Ordered, Why: "snooze until 2026-12-01T00:00:00Z, by olga_o"}),
		"A mail about the end ahead went to the merchant": entry(1, "mail_sent", "audit 2",
			map[string]any{"kind": "expiring"}),
		"A mail was not sent The merchant wants no more mails": entry(1, "mail_suppressed", "audit 2",
			map[string]any{"kind": "reminder", "reason": "unsubscribed"}),
		"Nothing more is mailed to the merchant The merchant called our mail spam": entry(1, "mails_stopped", "audit 2",
			map[string]any{"reason": "complained", "by": "the platform"}),
		"The merchant may be mailed again": entry(1, "mails_resumed", "audit 2",
			map[string]any{"by": "olga"}),
		"A mail came back 550 5.1.1": entry(1, "mail_bounce", "audit 2",
			map[string]any{"codes": "550 5.1.1"}),
		"The merchant called a mail spam": entry(1, "mail_complaint", "audit 2", map[string]any{}),
		"A reminder was recorded and not sent Shadow mode Record": entry(1, "mail_shadowed", "audit 2",
			map[string]any{"kind": "reminder"}),
	} {
		i := anIncident()
		i.Timeline = []readmodel.TimelineEntry{m}
		require.Contains(t, text(itemPage(t, i)), want)
	}
}
