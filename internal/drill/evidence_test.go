package drill

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

func TestEvidence_onlyAClaimWhoseMailArrivedStandsForAMissingNote(t *testing.T) {
	t.Parallel()
	e := evidence{item: "i", sent: []sentMail{{"reminder", "a"}}, received: []string{"a", "b"}}
	require.Equal(t, 1, e.addClaims([]sentMail{{"reminder", "a"}, {"reconnected", "b"}, {"reminder", "c"}}))
	require.Equal(t, []sentMail{{"reminder", "a"}, {"reconnected", "b"}}, e.sent)
}

func TestEvidence_whoCameBackThroughLinkIsThankedOnce(t *testing.T) {
	t.Parallel()
	reminder, thanks := sentMail{"reminder", "r"}, sentMail{"reconnected", "t"}
	linked := func(e evidence) evidence {
		e.expectation = expectation{owed: true, thanks: 1}
		return e
	}
	for name, c := range map[string]struct {
		after   evidence
		pending bool
		wrong   []string
	}{
		"right": {
			linked(evidence{incidents: 1, sent: []sentMail{reminder, thanks}, received: []string{"r", "t"}}), false, nil,
		},
		"healed before its mail": {evidence{incidents: 1}, false, nil},
		"healed after its mail":  {evidence{incidents: 1, sent: []sentMail{reminder}, received: []string{"r"}}, false, nil},
		"thanked for nothing": {
			evidence{incidents: 1, sent: []sentMail{thanks}, received: []string{"t"}}, false, []string{"item i: 1 thanks, want 0"},
		},
		"thanks are still to come": {
			linked(evidence{incidents: 1, sent: []sentMail{reminder}, received: []string{"r"}}), true, []string{"item i: 0 thanks, want 1"},
		},
		"noted, and not arrived": {
			evidence{incidents: 1, sent: []sentMail{reminder}}, true, []string{"item i: mail r is in its timeline and not in the mailbox"},
		},
		"a second one for the step": {
			linked(evidence{incidents: 1, sent: []sentMail{reminder, thanks}, received: []string{"r", "x", "t"}}), true,
			[]string{"item i: mail x is in no timeline"},
		},
		"a second one, noted": {
			linked(evidence{incidents: 1, sent: []sentMail{reminder, {"reminder", "x"}, thanks}, received: []string{"r", "x", "t"}}),
			false,
			[]string{"item i: 2 reminders of 1 incidents within minutes", "item i: broken once, and 2 reminders"},
		},
		"thanked twice": {
			linked(evidence{incidents: 1, sent: []sentMail{reminder, thanks, {"reconnected", "u"}}, received: []string{"r", "t", "u"}}),
			false,
			[]string{"item i: 2 thanks, want 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.after.item = "i"
			require.Equal(t, c.pending, c.after.pending())
			require.Equal(t, c.wrong, c.after.wrong())
		})
	}
}

func TestEvidence_everyMailTooManyOrMissingIsWrong(t *testing.T) {
	t.Parallel()
	reminder := func(id string) sentMail { return sentMail{kind: "reminder", messageID: id} }
	for name, c := range map[string]struct {
		e     evidence
		wrong []string
	}{
		"right": {
			evidence{incidents: 1, sent: []sentMail{reminder("a")}, received: []string{"a"}, expectation: expectation{owed: true}}, nil,
		},
		"healed before its mail": {evidence{incidents: 2, sent: []sentMail{reminder("a")}, received: []string{"a"}}, nil},
		"second for a step": {
			evidence{incidents: 2, sent: []sentMail{reminder("a")}, received: []string{"a", "b"}},
			[]string{"item i: mail b is in no timeline"},
		},
		"other bytes": {
			evidence{incidents: 1, sent: []sentMail{reminder("a")}, received: []string{"a", "a"}},
			[]string{"item i: mail a came twice with other bytes"},
		},
		"never arrived": {
			evidence{incidents: 1, sent: []sentMail{reminder("a")}}, []string{"item i: mail a is in its timeline and not in the mailbox"},
		},
		"recorded twice": {
			evidence{incidents: 2, sent: []sentMail{reminder("a"), reminder("a")}, received: []string{"a"}},
			[]string{"item i: its timeline has mail a twice"},
		},
		"two for one incident": {
			evidence{incidents: 1, sent: []sentMail{reminder("a"), reminder("b")}, received: []string{"a", "b"}},
			[]string{"item i: 2 reminders of 1 incidents within minutes"},
		},
		"owed and not sent": {
			evidence{incidents: 1, expectation: expectation{owed: true}}, []string{"item i: broken once, and 0 reminders"},
		},
		"thanks are not reminders": {
			evidence{
				incidents: 1, sent: []sentMail{reminder("a"), {"reconnected", "b"}}, received: []string{"a", "b"},
				expectation: expectation{thanks: 1},
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.e.item = "i"
			require.Equal(t, c.wrong, c.e.wrong())
		})
	}
}

func TestDiffers_unlessStateAndCauseArePlaids(t *testing.T) {
	t.Parallel()
	require.Empty(t, differs(blackbox.Item{State: "connected"}, ""))
	require.Empty(t, differs(blackbox.Item{State: "login_required", Cause: "accounts_missing"}, noAccounts))
	require.NotEmpty(t, differs(blackbox.Item{State: "login_required", Cause: "credentials"}, noAccounts))
	require.NotEmpty(t, differs(blackbox.Item{State: "login_required", Cause: "credentials"}, ""))
	require.NotEmpty(t, differs(blackbox.Item{State: "connected"}, loginRequired))
}
