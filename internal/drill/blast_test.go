package drill

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

func TestBlastSize_guardSeesEnoughBeforeTheFirstMailIsDue(t *testing.T) {
	t.Parallel()
	const slowest = 8 // questions to Plaid a second, on a busy machine
	for _, s := range blastSizes {
		require.Less(t, max(s.ofInstitution, s.ofAll), slowest*int(s.secondLook.Seconds()))
		require.Greater(t, s.items, s.ofAll)
		require.LessOrEqual(t, s.judged, s.items)
	}
}

// at are moments so many milliseconds after the first.
func at(ms ...int) []time.Time {
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	all := make([]time.Time, len(ms))
	for i, n := range ms {
		all[i] = start.Add(time.Duration(n) * time.Millisecond)
	}
	return all
}

func TestBusiest_windowBeginsAnywhereAndHasItsLength(t *testing.T) {
	t.Parallel()
	require.Equal(t, 4, busiest(at(0, 3000, 4000, 4100, 5999, 9000, 9001, 20_000), 3*time.Second))
	require.Equal(t, 2, busiest(at(9000, 0, 2999, 3000), 3*time.Second), "in any order; the end is the next window's")
	require.Equal(t, 3, busiest(at(0, 0, 0), time.Second))
	require.Zero(t, busiest(nil, time.Second))
}

func TestPace_relinksOwnHoldsTheBarsAndABlastDoesNot(t *testing.T) {
	t.Parallel()
	const mailsPerSecond = 10
	for _, s := range blastSizes {
		paced, blasted := make([]int, s.judged), make([]int, s.judged)
		for i := range s.judged {
			paced[i], blasted[i] = i*1000/mailsPerSecond, i*1000/50
		}
		require.LessOrEqual(t, busiest(at(paced...), paceWindow), paceBurst)
		require.InDelta(t, mailsPerSecond, mean(at(paced...)), 0.1)
		require.Greater(t, busiest(at(blasted...), paceWindow), paceBurst)
		require.Greater(t, mean(at(blasted...)), float64(paceMean))
	}
	require.Zero(t, mean(at(1)))
}

func TestMoreThanOne_onlyAnotherMessageIDIsAnotherMail(t *testing.T) {
	t.Parallel()
	mails := func(messageIDs ...string) (all []blackbox.Mail) {
		for _, id := range messageIDs {
			all = append(all, blackbox.Mail{MessageID: id})
		}
		return all
	}
	require.Equal(t, []string{"b@x"}, moreThanOne(map[string][]blackbox.Mail{
		"a@x": mails("1", "1"),
		"b@x": mails("2", "3", "4"),
		"c@x": mails("5"),
	}))
}
