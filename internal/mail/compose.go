package mail

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/wording"
)

// view is what the templates show. They leave out an empty part.
type view struct {
	Lang     string
	Sender   string
	Subject  string
	Preview  string // the line that a phone shows under the subject
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
	Stop, StopLink      string // the link that ends reminders to this merchant
}

// bankLine is one connection of a mail.
type bankLine struct {
	Name     string // empty if the mail is about one bank only: its heading names the bank
	Happened string
	Todo     string
}

// composer writes mails in one language.
type composer struct{ words *wording.Language }

// compose returns the words of a mail. They depend on its content only: not on a clock, on this machine's time zone or
// on the order of a map.
func (c composer) compose(n mailing.Content, sender string) (view, error) {
	if len(n.Connections) == 0 {
		return view{}, errors.New("the mail's content names no connection")
	}
	fill := c.filler(n.Connections[0],
		"{business}", c.words.Business(n.Merchant.BusinessName),
		"{sender}", sender,
		"{count}", strconv.Itoa(len(n.Connections)),
		"{ends}", c.end(n.Connections[0], n.Merchant),
	)
	l := view{
		Lang:       string(c.words.Locale),
		Sender:     sender,
		Greeting:   c.greeting(n.Merchant),
		Footer:     fill(string(c.words.Mail.WhyYou)),
		FooterSafe: string(c.words.Common.Safety),
	}
	var around wording.Letter
	switch n.Kind {
	case item.Reminder, item.Expires:
		if err := checkLinks(n); err != nil {
			return view{}, err
		}
		around = c.ask(&l, n)
	case item.Reconnected:
		around = c.thank(&l, n.Connections)
	default:
		return view{}, fmt.Errorf("the mail's content has an unknown kind %q", n.Kind)
	}
	l.Subject, l.Preview, l.Label = fill(string(around.Subject)), fill(string(around.Preview)), string(around.Label)
	l.Heading, l.Intro, l.Button = fill(string(around.Heading)), fill(string(around.Intro)), fill(string(around.Button))
	return l, nil
}

// ask adds the words of a mail that asks for something, and returns the words around them.
func (c composer) ask(l *view, n mailing.Content) wording.Letter {
	around, works := c.choose(n.Connections)
	l.Urgent, l.Link = true, n.DeepLink
	l.WhatToDo, l.Valid, l.Also = string(c.words.Common.WhatToDo), string(c.words.Mail.LinkValid), string(c.words.Mail.AlsoElsewhere)
	l.Works, l.WorksText = c.inline(works.Title), string(works.Text)
	for _, connection := range n.Connections {
		l.Banks = append(l.Banks, c.line(connection, n, len(n.Connections) > 1))
	}
	if n.Unsubscribe != "" {
		l.Stop, l.StopLink = string(c.words.Mail.StopReminders), n.Unsubscribe
	}
	return around
}

// choose returns the words of a mail that asks for something. They depend on the states of all its connections, not
// only of the one that it was made for: a broken connection and an expiring one may share a mail.
func (c composer) choose(all []mailing.Connection) (around wording.Letter, works wording.Paragraph) {
	mail, worksThen := &c.words.Mail, wording.Paragraph(c.words.Common.WorksThen)
	ending := 0
	for _, connection := range all {
		if connection.State == item.Expiring {
			ending++
		}
	}
	switch ending {
	case 0:
		return pick(len(all), wording.Letter(mail.ReminderOne), wording.Letter(mail.ReminderMany)), worksThen
	case len(all):
		return pick(len(all), wording.Letter(mail.ExpiringOne), wording.Letter(mail.ExpiringMany)), wording.Paragraph(mail.WorksOn)
	}
	return wording.Letter(mail.Mixed), worksThen
}

// thank adds the words of a mail of thanks, and returns the words around them.
func (c composer) thank(l *view, all []mailing.Connection) wording.Letter {
	mail := &c.words.Mail
	l.Works, l.WorksText = c.inline(mail.WorksNow.Title), string(mail.WorksNow.Text)
	if len(all) > 1 {
		for _, connection := range all {
			l.Banks = append(l.Banks, bankLine{Name: c.name(connection)})
		}
	}
	thanks := pick(len(all), wording.Thanks(mail.ThanksOne), wording.Thanks(mail.ThanksMany))
	return wording.Letter{
		Subject: thanks.Subject, Preview: thanks.Preview, Label: thanks.Label, Heading: thanks.Heading, Intro: thanks.Intro,
	}
}

// line returns what happened to one connection and what to do. With named it has the bank's name above it.
func (c composer) line(connection mailing.Connection, n mailing.Content, named bool) bankLine {
	why := c.words.Broken(connection.Cause)
	if connection.State == item.Expiring {
		why = c.words.Ending(connection.Cause)
	}
	fill := c.filler(connection, "{ends}", c.end(connection, n.Merchant))
	line := bankLine{Happened: fill(string(why.Happened)), Todo: fill(string(why.Todo))}
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

// filler returns a function that fills in a connection's bank and the given pairs. If the bank has no name, the
// function makes the text begin with a capital letter, because it may begin with our words for such a bank.
func (c composer) filler(connection mailing.Connection, pairs ...string) func(string) string {
	bank, named := c.words.Bank(connection.Institution)
	fill := wording.Filler(append(pairs, "{bank}", bank)...)
	if named {
		return fill
	}
	return func(text string) string { return wording.Capital(fill(text)) }
}

// name returns the bank's name for the beginning of a text.
func (c composer) name(connection mailing.Connection) string {
	bank, named := c.words.Bank(connection.Institution)
	if named {
		return bank
	}
	return wording.Capital(bank)
}

func (c composer) greeting(m enrolment.Merchant) string {
	if person := wording.OneLine(m.ContactName); person != "" {
		return wording.Filler("{person}", person)(string(c.words.Mail.HelloNamed))
	}
	return string(c.words.Mail.Hello)
}

// inline returns a title that stands before its text in the same line.
func (c composer) inline(title wording.Title) string {
	return wording.Filler("{title}", string(title))(string(c.words.Common.InlineTitle))
}

// end returns the words for when a connection ends, by its merchant's calendar.
func (c composer) end(connection mailing.Connection, m enrolment.Merchant) string {
	if connection.EndsAt.IsZero() {
		return string(c.words.Mail.EndsSoon)
	}
	return wording.Filler("{date}", c.words.Day(connection.EndsAt.In(zoneOf(m))))(string(c.words.Mail.EndsOn))
}

// zoneOf returns the merchant's time zone. It never returns the machine's own zone, so that the same content gives the
// same mail on every machine.
func zoneOf(m enrolment.Merchant) *time.Location {
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil || m.TimeZone == "Local" {
		return time.UTC
	}
	return zone
}

// quiet returns the words for how many days no data has come in. The days between two instants need no time zone; dates
// would.
func (c composer) quiet(since time.Duration) string {
	switch days := int(since / (24 * time.Hour)); {
	case days < 1:
		return ""
	case days == 1:
		return string(c.words.Mail.QuietOneDay)
	default:
		return wording.Filler("{days}", strconv.Itoa(days))(string(c.words.Mail.QuietDays))
	}
}

func pick[T any](count int, one, many T) T {
	if count == 1 {
		return one
	}
	return many
}

// checkLinks checks the links of a mail that asks for something. It may lack the one that ends reminders.
func checkLinks(n mailing.Content) error {
	if err := checkLink(n.DeepLink); err != nil || n.Unsubscribe == "" {
		return err
	}
	return checkLink(n.Unsubscribe)
}

// checkLink refuses anything but a web address. Its error does not quote the link, which is a secret.
func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return errors.New("the mail's content has a link that no browser can open")
	}
	return nil
}
