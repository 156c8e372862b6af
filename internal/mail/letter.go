package mail

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relink/internal/item"
	"relink/internal/wording"
)

// letter is what the templates show, in words; an empty part is left out.
type letter struct {
	Lang     string
	Sender   string
	Subject  string
	Preview  string // the line a phone shows under the subject
	Urgent   bool
	Label    string
	Heading  string
	Greeting string
	Intro    string
	Banks    []bankLine
	WhatToDo string

	Button, Link, Valid string
	Works, WorksText    string
	Also                string
	Footer, FooterSafe  string
	Stop, StopLink      string // ends reminders to this merchant
}

// bankLine is one connection of a reminder.
type bankLine struct {
	Name     string // empty when the mail is about one bank only: its heading names it
	Happened string
	Todo     string
}

// compose chooses the words for a notice. It looks at nothing else: no clock, no zone of the
// machine's, no order of a map.
func (c catalog) compose(n item.Notice, sender string) (letter, error) {
	if len(n.Connections) == 0 {
		return letter{}, errors.New("notice names no connection")
	}
	count := len(n.Connections)
	fill := filler(
		"{bank}", c.bank(n.Connections[0]),
		"{business}", cmp.Or(oneLine(n.Merchant.BusinessName), c.someone),
		"{sender}", sender,
		"{count}", strconv.Itoa(count),
		"{ends}", c.end(n.Connections[0], n.Merchant),
	)
	if c.unnamed(n.Connections[0]) {
		fill = capitalised(fill)
	}
	l := letter{
		Lang:     string(c.locale),
		Sender:   sender,
		Greeting: c.hello,
		Footer:   fill(c.footer), FooterSafe: c.footerSafe,
	}
	if person := oneLine(n.Merchant.ContactName); person != "" {
		l.Greeting = filler("{person}", person)(c.helloNamed)
	}
	var words letterWords
	switch n.Kind {
	case item.Reminder, item.Expires:
		if err := checkLink(n.DeepLink); err != nil {
			return letter{}, err
		}
		if n.Unsubscribe != "" {
			if err := checkLink(n.Unsubscribe); err != nil {
				return letter{}, err
			}
			l.Stop, l.StopLink = c.stop, n.Unsubscribe
		}
		var works titled
		words, works = c.asks(n.Connections)
		l.Urgent, l.Link, l.WhatToDo, l.Valid = true, n.DeepLink, c.whatToDo, c.valid
		l.Works, l.WorksText, l.Also = works.title, works.text, c.also
		for _, connection := range n.Connections {
			l.Banks = append(l.Banks, c.line(connection, n, count > 1))
		}
	case item.Reconnected:
		words = pick(count, c.reconnectedOne, c.reconnectedAll)
		l.Works, l.WorksText = c.worksNow.title, c.worksNow.text
		for _, connection := range n.Connections[:pick(count, 0, count)] {
			l.Banks = append(l.Banks, bankLine{Name: c.name(connection)})
		}
	default:
		return letter{}, fmt.Errorf("notice has an unknown kind %q", n.Kind)
	}
	l.Subject, l.Preview, l.Label = fill(words.subject), fill(words.preview), words.label
	l.Heading, l.Intro, l.Button = fill(words.heading), fill(words.intro), fill(words.button)
	return l, nil
}

// unnamed reports that nobody knows what the bank is called.
func (c catalog) unnamed(connection item.Connection) bool {
	name := oneLine(connection.Institution)
	return name == "" || name == item.UnnamedInstitution
}

// bank is what the bank is called within a sentence.
func (c catalog) bank(connection item.Connection) string {
	if c.unnamed(connection) {
		return c.someBank
	}
	return oneLine(connection.Institution)
}

// name is what the bank is called where nothing stands before it.
func (c catalog) name(connection item.Connection) string {
	if c.unnamed(connection) {
		return capital(c.someBank)
	}
	return c.bank(connection)
}

// capitalised begins what fill answers with a capital letter: a text may begin with a bank that has no name.
func capitalised(fill func(string) string) func(string) string {
	return func(text string) string { return capital(fill(text)) }
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// asks chooses the words of a mail that asks for something by how its connections stand, whichever of them it was made
// for: one that has stopped and one that is going to end may share a mail.
func (c catalog) asks(all []item.Connection) (words letterWords, works titled) {
	ending := 0
	for _, connection := range all {
		if connection.State == item.Expiring {
			ending++
		}
	}
	switch ending {
	case 0:
		return pick(len(all), c.reminderOne, c.reminderMany), c.worksThen
	case len(all):
		return pick(len(all), c.expiringOne, c.expiringMany), c.worksOn
	}
	return c.mixed, c.worksThen
}

// end says when a connection ends, by its merchant's calendar.
func (c catalog) end(connection item.Connection, m item.Merchant) string {
	if connection.EndsAt.IsZero() {
		return c.endsSoon
	}
	return filler("{date}", wording.Day(c.locale, connection.EndsAt.In(zoneOf(m))))(c.endsOn)
}

// zoneOf never answers the machine's own zone: the same notice is the same mail wherever it is rendered.
func zoneOf(m item.Merchant) *time.Location {
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil || m.TimeZone == "Local" {
		return time.UTC
	}
	return zone
}

func (c catalog) line(connection item.Connection, n item.Notice, named bool) bankLine {
	why := wording.Broken(c.locale, connection.Cause)
	if connection.State == item.Expiring {
		why = wording.Ending(c.locale, connection.Cause)
	}
	fill := filler("{bank}", c.bank(connection), "{ends}", c.end(connection, n.Merchant))
	if c.unnamed(connection) {
		fill = capitalised(fill)
	}
	line := bankLine{Happened: fill(why.Happened), Todo: fill(why.Todo)}
	if connection.State != item.Expiring && !connection.BrokenSince.IsZero() {
		if quiet := c.quiet(n.Date.Sub(connection.BrokenSince)); quiet != "" {
			line.Happened += " " + quiet
		}
	}
	if named {
		line.Name = c.name(connection)
	}
	return line
}

// quiet says for how many days nothing came in. Days between two instants need no time zone, dates would.
func (c catalog) quiet(since time.Duration) string {
	switch days := int(since / (24 * time.Hour)); {
	case days < 1:
		return ""
	case days == 1:
		return c.quietOneDay
	default:
		return filler("{days}", strconv.Itoa(days))(c.quietDays)
	}
}

// filler puts values into a text's braces in one pass, so that a business called "{bank}" stays what it is.
func filler(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

func pick[T any](count int, one, many T) T {
	if count == 1 {
		return one
	}
	return many
}

// oneLine keeps a name from breaking out of its line of the text part.
func oneLine(name string) string { return strings.Join(strings.Fields(name), " ") }

// checkLink refuses anything but a web address, without quoting it: it is a secret.
func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return errors.New("notice has a link that no browser can open")
	}
	return nil
}
