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
	Row     row
	Facts   []fact
	Days    []day // newest first
	Moments int
}

type fact struct{ Name, Value string }

type day struct {
	Date    string
	Moments []momentView
}

// momentView is one line of the timeline.
type momentView struct {
	Time, DateTime string
	describe.Entry
}

func itemOf(i Item) itemView {
	card := i.Listed.Item
	v := itemView{
		frame: frame{Title: card.Name(), Environment: i.Environment, Reader: i.Reader},
		Row:   rowOf(i.Listed, i.Now), Moments: len(i.Moments),
	}
	for _, f := range []fact{
		{"Incidents", describe.Incidents(i.Listed.Incident, !i.Listed.BrokenSince.IsZero())}, {"Merchant", card.MerchantID}, {"Partner", card.Partner}, {"Institution", card.InstitutionID}, {"Item", string(card.ID)},
	} {
		if f.Value != "" {
			v.Facts = append(v.Facts, f)
		}
	}
	for _, m := range slices.Backward(i.Moments) {
		date := m.At.UTC().Format("Monday, 2 January 2006")
		if n := len(v.Days); n == 0 || v.Days[n-1].Date != date {
			v.Days = append(v.Days, day{Date: date})
		}
		last := &v.Days[len(v.Days)-1]
		last.Moments = append(last.Moments, momentOf(m))
	}
	return v
}

func momentOf(m readmodel.TimelineEntry) momentView {
	return momentView{Time: m.At.UTC().Format("15:04:05"), DateTime: m.At.UTC().Format(time.RFC3339), Entry: describe.TimelineEntry(m)}
}

// ItemPath is where the page of an Item is.
func ItemPath(id item.ID) string { return "/ops/items/" + url.PathEscape(string(id)) }
