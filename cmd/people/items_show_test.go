package people

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/readmodel"
	"relink/internal/tasks"
)

// oneItem is a store of one Item of Blue Bottle.
type oneItem struct {
	Records
	life    item.Life
	entries []readmodel.TimelineEntry
	pauses  []mailing.Pause
	tasks   []tasks.Listed
}

func (o oneItem) Load(_ context.Context, id item.ID) (item.Ref, item.Life, error) {
	if id != "itm_1" {
		return item.Ref{}, item.Life{}, item.ErrUnknown
	}
	return item.Ref{
		ID: "itm_1", Environment: "sandbox", MerchantID: "m_1", BusinessName: "Blue\x1b[31m Bottle",
		InstitutionID: "ins_3", Institution: "Tartan Bank",
	}, o.life, nil
}

func (o oneItem) Timeline(context.Context, item.ID) ([]readmodel.TimelineEntry, error) {
	return o.entries, nil
}

func (o oneItem) Pauses(context.Context) ([]mailing.Pause, error) { return o.pauses, nil }

func (o oneItem) NeedPerson(context.Context, int) ([]tasks.Listed, int, error) {
	return o.tasks, len(o.tasks), nil
}

func brokenItem() oneItem {
	data := func(text string) json.RawMessage { return json.RawMessage(text) }
	return oneItem{
		life: item.Life{State: item.LoginRequired, Cause: item.Credentials, Incident: 2, BrokenSince: noon.Add(-50 * time.Hour), Reminders: 1},
		entries: []readmodel.TimelineEntry{
			{
				At: noon.Add(-51 * time.Hour), What: "webhook ITEM/ERROR", Ref: "inbox 17",
				Data: data(`{"error":{"error_code":"ITEM_LOGIN_REQUIRED"}}`),
			},
			{
				At: noon.Add(-50 * time.Hour), What: "incident_opened", Ref: "audit 4",
				Data: data(`{"incident":2,"to":"login_required","cause":"credentials","by":"plaid_says_error","plaid_says":"ITEM_LOGIN_REQUIRED"}`),
			},
			{
				At: noon.Add(-2 * time.Hour), What: "incident_ordered", Ref: "audit 5",
				Data: data(`{"why":"snooze until 2026-12-01T09:00:00Z, by ada\n"}`),
			},
		},
		pauses: []mailing.Pause{
			{Scope: mailing.PauseInstitution, Key: "ins_3", Why: "their outage"}, {Scope: mailing.PausePartner, Key: "acme", Why: "another's"},
		},
		tasks: []tasks.Listed{
			{Task: tasks.Task{ID: 8, Kind: tasks.StaleData, ItemID: "itm_2", Why: "another's"}},
			{Task: tasks.Task{ID: 9, Kind: tasks.Escalated, ItemID: "itm_1", Why: "the merchant did nothing"}},
		},
	}
}

func TestItemsShow_saysHowTheItemStandsInSentences(t *testing.T) {
	t.Parallel()
	d := &shell{records: brokenItem()}
	require.NoError(t, d.types(t, "items show itm_1"))
	require.Equal(t, []string{
		`Blue\x1b[31m Bottle · Tartan Bank`,
		`Login required: The bank refuses the saved sign-in, since 20 Nov, 10:00 UTC (2 d).`,
		`It waits for its merchant, to sign in at the bank again. Mails about it so far: 1.`,
		`Incidents: 2, the last one open.`,
		`Mails of institution ins_3 are paused: their outage.`,
		`A person is needed: the reminders are over (the merchant did nothing; task 9).`,
		``,
		`Item itm_1, sandbox · merchant m_1 · partner none · institution ins_3`,
		``,
		`Friday, 20 November 2026`,
		`  09:00:00  Plaid sent ITEM: ERROR. ITEM_LOGIN_REQUIRED  [inbox 17]`,
		`  10:00:00  Incident 2 opened: the bank refuses the saved sign-in. Plaid was asked, and says ITEM_LOGIN_REQUIRED  [audit 4]`,
		``,
		`Sunday, 22 November 2026`,
		`  10:00:00  An operator acted. Snooze until 2026-12-01T09:00:00Z, by ada  [audit 5]`,
		``,
	}, strings.Split(d.out.String(), "\n"))
}

func TestItemsShow_ofAnItemThatNeedsNobody(t *testing.T) {
	t.Parallel()
	o := brokenItem()
	o.life, o.tasks, o.entries = item.Life{State: item.Connected, Incident: 2}, nil, nil
	d := &shell{records: o}
	require.NoError(t, d.types(t, "items show itm_1"))
	require.Contains(t, d.out.String(), "Connected.\nIt waits for news from Plaid; nobody has to do anything.\nIncidents: 2, none open.\n\n")
	require.NotContains(t, d.out.String(), "paused", "a connected Item has no mails that could be held")

	o.life = item.Life{
		State: item.Expiring, Cause: item.ConsentExpiring, Incident: 3, BrokenSince: noon, Expiry: item.Expiry{At: noon.Add(240 * time.Hour)},
	}
	d = &shell{records: o}
	require.NoError(t, d.types(t, "items show itm_1"))
	require.Contains(t, d.out.String(), "since 22 Nov, 12:00 UTC (<1 min). It works until 2 Dec, 12:00 UTC.\n")
}

func TestItemsShow_inJSONIsTheExactData(t *testing.T) {
	t.Parallel()
	d := &shell{records: brokenItem()}
	require.NoError(t, d.types(t, "items show --json itm_1"))
	require.JSONEq(t, `{"item_id":"itm_1","environment":"sandbox","merchant_id":"m_1","business_name":"Blue\u001b[31m Bottle",
		"institution_id":"ins_3","institution":"Tartan Bank","state":"login_required","cause":"credentials","incident":2,
		"broken_since":"2026-11-20T10:00:00Z","moments":[
		{"at":"2026-11-20T09:00:00Z","what":"webhook ITEM/ERROR","ref":"inbox 17","data":{"error":{"error_code":"ITEM_LOGIN_REQUIRED"}}},
		{"at":"2026-11-20T10:00:00Z","what":"incident_opened","ref":"audit 4","data":{"incident":2,"to":"login_required","cause":"credentials",
			"by":"plaid_says_error","plaid_says":"ITEM_LOGIN_REQUIRED"}},
		{"at":"2026-11-22T10:00:00Z","what":"incident_ordered","ref":"audit 5","data":{"why":"snooze until 2026-12-01T09:00:00Z, by ada\n"}}]}`,
		d.out.String())
	require.ErrorIs(t, d.types(t, "items show itm_9"), item.ErrUnknown)
	refuses(t, map[string]string{"items show": "one item_id", "items show a b": "one item_id"})
}
