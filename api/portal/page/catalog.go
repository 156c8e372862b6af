package page

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"relink/internal/wording"
)

// catalog is every word of our pages in one language, also those the script shows, but for what happened to a
// connection: that is internal/wording's. A new language is a new catalog.
// In braces: {bank}, {business}, {count}, {date}, {day}, {month}; and {left}, which the script fills in.
type catalog struct {
	locale   wording.Locale
	months   [12]string
	dayMonth string // a day for browsers without JavaScript
	someBank string // when the institution's name is not known
	someone  string // when the business's name is not known

	pageFor string
	since   string
	until   string
	button  string
	renew   string
	many    titled // several connections wait
	allWell titled // none does
	allElse titled // none does, but some have ended
	held    titled // the bank answers nobody
	heldAll titled // several banks do not

	worksThen titled // what will work again
	worksOn   titled // what goes on working, where nothing has stopped

	pillWaits, pillEnds, pillHeld, pillWorks, pillEnded string

	labels    labels
	script    []word
	over      notice
	problem   notice
	elsewhere notice
	freshSent notice
	stop      notice // the question whether mails are to stop
	stopped   notice
	foot      string
}

type titled struct{ Title, Text string }

// labels are the fixed words around a connection.
type labels struct {
	WhatToDo, Secure, NoScript string
	Details                    string   // the disclosure's summary
	Sharing                    []titled // who sees what, for what, and how to end it
}

// notice is a page that only says something.
type notice struct {
	Lang, Title, Text, Todo, Foot string
	Sign                          string // the drawing above: clock, mail or alert; or ""
	Button, Action                string // what its only button says, and where that posts to; Action is "" where there is none
}

// word is a sentence that the script may show, by name.
type word struct{ Name, Text string }

// catalogs answers the words of each language that internal/wording has.
func catalogs() map[wording.Locale]catalog {
	all := map[wording.Locale]catalog{}
	for _, c := range []catalog{english(), spanish(), french(), german()} {
		for _, n := range []*notice{&c.over, &c.problem, &c.elsewhere, &c.freshSent, &c.stop, &c.stopped} {
			n.Lang = string(c.locale)
		}
		all[c.locale] = c
	}
	return all
}

func (c catalog) overPage(token string) notice {
	n := c.over
	n.Action = "/relink/" + url.PathEscape(token) + "/fresh"
	return n
}

func (c catalog) stopPage(token string) notice {
	n := c.stop
	n.Action = "/unsubscribe/" + url.PathEscape(token)
	return n
}

// day writes a day as a browser without JavaScript shows it.
func (c catalog) day(t time.Time) string {
	return filler("{day}", strconv.Itoa(t.Day()), "{month}", c.months[t.Month()-1])(c.dayMonth)
}

// filler puts values into a text's braces in one pass, so that a business called "{bank}" stays what it is.
func filler(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
