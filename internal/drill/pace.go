package drill

import (
	"slices"
	"time"
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

// arrival is a mail as the mailbox lists it.
type arrival struct {
	address, messageID string
	at                 time.Time
}

// moreThanOne returns the addresses that got mails under more than one Message-ID.
func moreThanOne(arrivals []arrival) []string {
	ids := map[string][]string{}
	var named []string
	for _, a := range arrivals {
		if !slices.Contains(ids[a.address], a.messageID) {
			ids[a.address] = append(ids[a.address], a.messageID)
		}
		if len(ids[a.address]) == 2 && !slices.Contains(named, a.address) {
			named = append(named, a.address)
		}
	}
	return named
}
