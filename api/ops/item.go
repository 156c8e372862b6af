package ops

import (
	"net/url"
	"slices"
	"time"

	"relink/internal/describe"
	"relink/internal/item"
	"relink/internal/readmodel"
)

// itemView is what templates/item.html shows, in words.
type itemView struct {
	frame
	Row   row
	Facts []fact
	Days  []day // newest first
}

type fact struct{ Name, Value string }

type day struct {
	Date    string
	Entries []entryView
}

// entryView is one line of the timeline.
type entryView struct {
	Time, DateTime string
	describe.Entry
}

func itemOf(i Item) itemView {
	ref := i.Listed.Item
	v := itemView{
		frame: frame{Title: ref.Name(), Environment: i.Environment, Reader: i.Reader},
		Row:   rowOf(i.Listed, i.Now),
	}
	for _, f := range []fact{
		{"Incidents", describe.Incidents(i.Listed.Incident, !i.Listed.BrokenSince.IsZero())},
		{"Merchant", ref.MerchantID},
		{"Partner", ref.Partner},
		{"Institution", ref.InstitutionID},
		{"Item", string(ref.ID)},
	} {
		if f.Value != "" {
			v.Facts = append(v.Facts, f)
		}
	}
	for _, e := range slices.Backward(i.Timeline) {
		date := e.At.UTC().Format("Monday, 2 January 2006")
		if n := len(v.Days); n == 0 || v.Days[n-1].Date != date {
			v.Days = append(v.Days, day{Date: date})
		}
		last := &v.Days[len(v.Days)-1]
		last.Entries = append(last.Entries, entryOf(e))
	}
	return v
}

func entryOf(e readmodel.TimelineEntry) entryView {
	return entryView{Time: e.At.UTC().Format("15:04:05"), DateTime: e.At.UTC().Format(time.RFC3339), Entry: describe.TimelineEntry(e)}
}

// ItemPath returns the path of an Item's page.
func ItemPath(id item.ID) string { return "/ops/items/" + url.PathEscape(string(id)) }
