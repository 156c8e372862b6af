package drill

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/outside"
)

func TestLosses_200WithoutItsRowIsOne(t *testing.T) {
	t.Parallel()
	kept, gone, short, ahead := keyOf("a", "1"), keyOf("b", "1"), keyOf("c", "1"), keyOf("d", "1")
	lost := losses(
		map[key]int{kept: 3, gone: 1, short: 3, ahead: 1},
		map[key]row{
			kept: {repeats: 2, state: "delivered"}, short: {repeats: 1, state: "delivered"},
			ahead:           {repeats: 4, state: "delivered"}, // committed, and killed before the answer
			keyOf("e", "1"): {state: "delivered"},             // never answered at all
		},
	)
	require.Len(t, lost, 2)
	require.ElementsMatch(t, []string{
		"delivery " + short.short() + " was answered 200 3 times and is counted 2 times",
		"delivery " + gone.short() + " was answered 200 and is not in the inbox",
	}, lost)
}

func TestKeyOf_separatesTokenAndBody(t *testing.T) {
	t.Parallel()
	require.NotEqual(t, keyOf("ab", "c"), keyOf("a", "bc"))
}

func TestUnsettled_countsAllButDeliveredAndIgnored(t *testing.T) {
	t.Parallel()
	inbox := map[key]row{}
	for n, state := range []string{"delivered", "ignored", "pending", "pending", "waiting", "dead"} {
		inbox[key{byte(n)}] = row{state: state}
	}
	require.Equal(t, map[string]int{"pending": 2, "waiting": 1, "dead": 1}, unsettled(inbox))
}

func TestLedger_counts200AloneAsAPromise(t *testing.T) {
	t.Parallel()
	l, k := newLedger(), keyOf("t", "b")
	for _, status := range []int{0, 503, 200, 401, 200} {
		l.note(k, status)
	}
	acked, resent := l.tally()
	require.Equal(t, 2, acked)
	require.Equal(t, 3, resent)
	require.Equal(t, map[key]int{k: 2}, l.promised)
	require.Equal(t, map[int]int{0: 1, 401: 1, 503: 1}, l.refused)
}

func TestEvidence_everyMailTooManyOrMissingIsWrong(t *testing.T) {
	t.Parallel()
	reminder := func(id string) sentMail { return sentMail{kind: "reminder", messageID: id} }
	for name, c := range map[string]struct {
		told  told
		wrong []string
	}{
		"right":                    {told{incidents: 1, sent: []sentMail{reminder("a")}, received: []string{"a"}, owed: true}, nil},
		"healed before its mail":   {told{incidents: 2, sent: []sentMail{reminder("a")}, received: []string{"a"}}, nil},
		"second for a step":        {told{incidents: 2, sent: []sentMail{reminder("a")}, received: []string{"a", "b"}}, []string{"item i: mail b is in no timeline"}},
		"other bytes":              {told{incidents: 1, sent: []sentMail{reminder("a")}, received: []string{"a", "a"}}, []string{"item i: mail a came twice with other bytes"}},
		"never arrived":            {told{incidents: 1, sent: []sentMail{reminder("a")}}, []string{"item i: mail a is in its timeline and not in the mailbox"}},
		"recorded twice":           {told{incidents: 2, sent: []sentMail{reminder("a"), reminder("a")}, received: []string{"a"}}, []string{"item i: its timeline has mail a twice"}},
		"two for one incident":     {told{incidents: 1, sent: []sentMail{reminder("a"), reminder("b")}, received: []string{"a", "b"}}, []string{"item i: 2 reminders of 1 incidents within minutes"}},
		"owed and not sent":        {told{incidents: 1, owed: true}, []string{"item i: broken once, and 0 reminders"}},
		"thanks are not reminders": {told{incidents: 1, sent: []sentMail{reminder("a"), {"reconnected", "b"}}, received: []string{"a", "b"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.told.item = "i"
			require.Equal(t, c.wrong, wrongMails(c.told))
		})
	}
}

func TestDiffers_unlessStateAndCauseArePlaids(t *testing.T) {
	t.Parallel()
	require.Empty(t, differs(outside.Item{State: "connected"}, ""))
	require.Empty(t, differs(outside.Item{State: "login_required", Cause: "accounts_missing"}, noAccounts))
	require.NotEmpty(t, differs(outside.Item{State: "login_required", Cause: "credentials"}, noAccounts))
	require.NotEmpty(t, differs(outside.Item{State: "login_required", Cause: "credentials"}, ""))
	require.NotEmpty(t, differs(outside.Item{State: "connected"}, loginRequired))
}
