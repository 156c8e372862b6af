package ops

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"relink/internal/describe"
	"relink/internal/item"
	"relink/internal/readmodel"
)

// frame holds the parts that every page has.
type frame struct {
	Title       string
	Environment string
	Reader      Reader
}

// overviewView is what templates/overview.html shows, in words.
type overviewView struct {
	frame
	Headline, Intro string
	Picture         picture
	Lists           []list
	More            string // shown when not all Items are listed
	Empty           string // shown when there is none
	AllHref         string // the way back to all states
	Pauses          []pause
	Tasks           []task
	MoreTasks       string // shown when not all are listed
}

// picture is a bar of one segment per state.
type picture struct {
	Label    string
	Width    int
	Segments []segment
}

type segment struct {
	State, Label string
	Count        int
	X, Width     int // in the picture's own units
	Href         string
	Chosen       bool
}

type list struct {
	Heading string
	Items   []row
}

// pause is a pause of mails.
type pause struct{ What, Why, Since, SinceTime, By string }

// task is a task for a person. Href is empty when the task is about many Items.
type task struct {
	ID                    int64
	What, Why             string
	Href, Business, Bank  string
	Since, SinceTime, Age string
}

// row is one Item in the list.
type row struct {
	Href, Business, Bank     string
	State, StateLabel, Cause string
	Since, SinceTime, Age    string
	Ends, EndsTime           string
	Incident                 string
}

func overviewOf(o Overview) overviewView {
	v := overviewView{frame: frame{Title: "Connections", Environment: o.Environment, Reader: o.Reader}}
	waiting, total := 0, 0
	for state, n := range o.Counts {
		if state != item.Removed {
			total += n
		}
		if state.NeedsMerchant() {
			waiting += n
		}
	}
	v.Headline, v.Intro = headline(waiting, total)
	v.Picture = pictureOf(o.Counts, o.State)
	if o.State == "" {
		v.guards(o)
	}
	needs, rest := list{Heading: "Need somebody"}, list{Heading: "All others"}
	for _, l := range o.Items {
		if l.State.NeedsMerchant() {
			needs.Items = append(needs.Items, rowOf(l, o.Now))
		} else {
			rest.Items = append(rest.Items, rowOf(l, o.Now))
		}
	}
	if o.State != "" {
		only := list{Heading: describe.State(o.State), Items: slices.Concat(needs.Items, rest.Items)}
		needs, rest = only, list{}
		v.AllHref = "/ops"
	}
	for _, l := range []list{needs, rest} {
		if len(l.Items) > 0 {
			v.Lists = append(v.Lists, l)
		}
	}
	shown, there := len(o.Items), 0
	for state, n := range o.Counts {
		if o.State == "" || o.State == state {
			there += n
		}
	}
	if shown == 0 {
		v.Empty = emptyList(o.State)
	}
	if shown < there && shown > 0 {
		v.More = fmt.Sprintf("The first %d of %d are shown.", shown, there)
	}
	return v
}

// guards adds the pauses that hold mails back and the tasks that wait for a person.
func (v *overviewView) guards(o Overview) {
	for _, p := range o.Pauses {
		v.Pauses = append(v.Pauses, pause{
			What: describe.Pause(p), Why: describe.Capital(p.Why), By: p.By, Since: describe.DayAndTime(p.Since, o.Now),
			SinceTime: p.Since.UTC().Format(time.RFC3339),
		})
	}
	for _, t := range o.Tasks {
		k := task{
			ID: t.ID, What: describe.Task(t.Kind), Why: describe.Capital(t.Why), Since: describe.DayAndTime(t.OpenedAt, o.Now),
			SinceTime: t.OpenedAt.UTC().Format(time.RFC3339), Age: describe.Age(o.Now.Sub(t.OpenedAt)),
		}
		if t.ItemID != "" {
			k.Href, k.Business, k.Bank = ItemPath(t.ItemID), orDash(t.Item.BusinessName), orDash(t.Item.Institution)
		}
		v.Tasks = append(v.Tasks, k)
	}
	if len(o.Tasks) < o.TasksInAll {
		v.MoreTasks = fmt.Sprintf("The oldest %d of %d are shown.", len(o.Tasks), o.TasksInAll)
	}
}

// pictureWidth is the width of the bar in its own units. sliver is the least width of a segment, so that one broken
// Item among ten thousand is visible.
const (
	pictureWidth = 1000
	sliver       = 12
)

func pictureOf(counts map[item.State]int, chosen item.State) picture {
	p := picture{Width: pictureWidth}
	total := 0
	var spoken []string
	for _, state := range statesInOrder(counts) {
		n := counts[state]
		total += n
		p.Segments = append(p.Segments, segment{
			State: string(state), Label: describe.State(state), Count: n, Chosen: state == chosen,
			Href: "/ops?" + url.Values{"state": {string(state)}}.Encode(),
		})
		spoken = append(spoken, fmt.Sprintf("%d %s", n, strings.ToLower(describe.State(state))))
	}
	p.Label = strings.Join(spoken, ", ")
	shared := pictureWidth - sliver*len(p.Segments)
	x := 0
	for i := range p.Segments {
		s := &p.Segments[i]
		s.X, s.Width = x, sliver+shared*s.Count/total
		x += s.Width
	}
	if last := len(p.Segments) - 1; last >= 0 {
		p.Segments[last].Width += pictureWidth - x // the remainder of the rounding
	}
	return p
}

// statesInOrder returns the states that have Items, the ones that need somebody first.
func statesInOrder(counts map[item.State]int) []item.State {
	var found []item.State
	for _, state := range []item.State{item.LoginRequired, item.Revoked, item.Expiring, item.Connected, item.Removed} {
		if counts[state] > 0 {
			found = append(found, state)
		}
	}
	return found
}

func rowOf(l readmodel.Listed, now time.Time) row {
	r := row{
		Href: ItemPath(l.Item.ID), Business: orDash(l.Item.BusinessName), Bank: orDash(l.Item.Institution),
		State: string(l.State), StateLabel: describe.State(l.State), Cause: describe.Cause(l.Cause),
	}
	if l.Incident > 0 {
		r.Incident = fmt.Sprintf("Incident %d", l.Incident)
		if l.BrokenSince.IsZero() {
			r.Incident = describe.Count(l.Incident, "incident")
		}
	}
	if !l.BrokenSince.IsZero() {
		r.Since, r.SinceTime = describe.DayAndTime(l.BrokenSince, now), l.BrokenSince.UTC().Format(time.RFC3339)
		r.Age = describe.Age(now.Sub(l.BrokenSince))
	}
	if !l.EndsAt.IsZero() {
		r.Ends, r.EndsTime = describe.DayAndTime(l.EndsAt, now), l.EndsAt.UTC().Format(time.RFC3339)
	}
	return r
}
