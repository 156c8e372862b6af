package drill

import (
	"testing"

	"github.com/stretchr/testify/require"
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
	require.Equal(t, map[int]int{0: 1, 200: 2, 401: 1, 503: 1}, l.answers)
}
