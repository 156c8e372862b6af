package describe_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/describe"
	"relink/internal/item"
	"relink/internal/readmodel"
)

func TestState_everyOneHasItsLabelAndWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	labels, waits := map[string]bool{}, map[string]bool{}
	for _, s := range item.States() {
		labels[describe.State(s)], waits[describe.WaitsFor(s)] = true, true
		require.NotContains(t, describe.WaitsFor(s), "does not know", s)
	}
	require.Len(t, labels, len(item.States()))
	require.Len(t, waits, len(item.States()))
}

func TestCause_everyOneHasASentenceOfItsOwn(t *testing.T) {
	t.Parallel()
	require.Empty(t, describe.Cause(""))
	sentences := map[string]bool{}
	for _, c := range item.Causes() {
		s := describe.Cause(c)
		sentences[s] = true
		require.NotEqual(t, describe.Capital(strings.ReplaceAll(string(c), "_", " ")), s, "it has words of its own")
	}
	require.Len(t, sentences, len(item.Causes()))
	require.Equal(t, "Bank holiday", describe.Cause("bank_holiday"), "one from a later version")
}

func TestTimelineEntry_describesWhatTheDataHolds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ what, data, says, detail, who string }{
		{
			"webhook ITEM/ERROR", `{"error":{"error_code":"ITEM_LOGIN_REQUIRED","error_code_reason":"OAUTH_X"}}`,
			"Plaid sent ITEM: ERROR", "ITEM_LOGIN_REQUIRED, OAUTH_X", "plaid",
		},
		{
			"incident_opened", `{"incident":2,"to":"login_required","cause":"mfa","by":"plaid_says_error","plaid_says":"MFA_X"}`,
			"Incident 2 opened: the bank wants a one-time code again", "Plaid was asked, and says MFA_X", "relink",
		},
		{"incident_opened", `{"incident":1,"to":"removed","cause":"gone"}`, "Incident 1 opened: Plaid no longer knows the Item", "", "relink"},
		{
			"incident_ordered", `{"why":"snooze until 2026-12-01T09:00:00Z, by olga"}`,
			"An operator acted", "Snooze until 2026-12-01T09:00:00Z, by olga", "relink",
		},
		{"mail_failed", `{"kind":"reminder","failure":"550 5.1.1"}`, "A reminder could not be delivered", "550 5.1.1", "mail"},
		{item.LinkFinished, `{}`, "The merchant finished Link", "Which makes relink ask Plaid", "merchant"},
		{"something_new", `[]`, "Something new", "", "relink"},
	} {
		e := describe.TimelineEntry(readmodel.TimelineEntry{What: tc.what, Ref: "audit 3", Data: json.RawMessage(tc.data)})
		require.Equal(t, tc.says, e.What)
		require.Equal(t, tc.detail, e.Detail, tc.what)
		require.Equal(t, tc.who, e.Who, tc.what)
		require.Equal(t, "audit 3", e.Ref)
	}
}

func TestCapital_takesAWholeLetter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "  the bank ": "The bank", "élan": "Élan", "Ärger": "Ärger", "9 Items": "9 Items"} {
		require.Equal(t, want, describe.Capital(text))
	}
}

func TestDayAndTime_leavesOutThisYear(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	berlin := time.FixedZone("Berlin", 3600)
	require.Equal(t, "1 Nov, 09:05 UTC", describe.DayAndTime(time.Date(2026, 11, 1, 10, 5, 0, 0, berlin), now))
	require.Equal(t, "31 Dec 2025, 23:30 UTC", describe.DayAndTime(time.Date(2026, 1, 1, 0, 30, 0, 0, berlin), now))
}
