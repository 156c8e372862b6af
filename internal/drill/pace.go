package drill

import (
	"maps"
	"slices"
	"time"

	"relink/internal/blackbox"
)

// The pace of mails is measured as a mean and over windows. A window may hold a burst: a busy machine makes mails late,
// and then they come together.
const (
	paceMean   = 12 // a second; relink's own is 10
	paceWindow = 5 * time.Second
	paceBurst  = 75 // within a window
)

// busiest returns the most moments that lie within a window of that length, wherever it begins.
func busiest(moments []time.Time, window time.Duration) int {
	sorted := slices.SortedFunc(slices.Values(moments), time.Time.Compare)
	most, first := 0, 0
	for last, at := range sorted {
		for at.Sub(sorted[first]) >= window {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// mean returns how many moments there were a second, from the first to the last.
func mean(moments []time.Time) float64 {
	if len(moments) < 2 {
		return 0
	}
	first, last := slices.MinFunc(moments, time.Time.Compare), slices.MaxFunc(moments, time.Time.Compare)
	return float64(len(moments)-1) / last.Sub(first).Seconds()
}

// moreThanOne returns the addresses that got mails under more than one Message-ID.
func moreThanOne(byAddress map[string][]blackbox.Mail) []string {
	var named []string
	for _, address := range slices.Sorted(maps.Keys(byAddress)) {
		mails := byAddress[address]
		if slices.ContainsFunc(mails, func(m blackbox.Mail) bool { return m.MessageID != mails[0].MessageID }) {
			named = append(named, address)
		}
	}
	return named
}
