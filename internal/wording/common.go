package wording

import (
	"strconv"
	"time"

	"relink/internal/item"
)

// Common holds the words that mails and pages share.
type Common struct {
	SomeBank     // a bank whose name nobody knows; it begins as it does within a sentence
	SomeBusiness // a business whose name nobody knows; it begins as it does within a sentence
	WhatToDo     // the label of what the merchant can do
	WorksThen    // what works again once the merchant has acted; the text begins as it does within a sentence
	InlineTitle  // a title that stands before its text in the same line; holds {title}
	Safety       // what we never ask for
	Calendar
}

// The words of Common.
type (
	SomeBank     string
	SomeBusiness string
	WhatToDo     string
	WorksThen    Paragraph
	InlineTitle  string
	Safety       string
)

// Calendar is how the language writes a day.
type Calendar struct {
	Weekdays // Sunday first
	Months
	FirstDay // how the first day of a month is counted
	DateForm // a day without its weekday; holds {day} and {month}
	DayForm  // a day with its weekday; holds {weekday} and {date}
}

// The words of Calendar. A language converts a [...]string to Weekdays or Months: a list of another length does not
// compile.
type (
	Weekdays [7]string
	Months   [12]string
	FirstDay string
	DateForm string
	DayForm  string
)

// Day returns the day of t with its weekday, as it stands after "on": "Sunday, November 29", "domingo 29 de noviembre",
// "dimanche 29 novembre", "29. November (Sonntag)". The zone is that of t.
func (l *Language) Day(t time.Time) string {
	c := &l.Common.Calendar
	return Filler("{weekday}", c.Weekdays[t.Weekday()], "{date}", l.Date(t))(string(c.DayForm))
}

// Date returns the day of t without its weekday: "November 29", "29 de noviembre", "1er décembre", "29. November".
func (l *Language) Date(t time.Time) string {
	c := &l.Common.Calendar
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = string(c.FirstDay)
	}
	return Filler("{day}", day, "{month}", c.Months[t.Month()-1])(string(c.DateForm))
}

// Bank returns what a bank is called within a sentence. named is false for a bank whose name nobody knows: a text that
// begins with that name then needs Capital.
func (l *Language) Bank(institution string) (name string, named bool) {
	name = OneLine(institution)
	if name == "" || name == item.UnnamedInstitution {
		return string(l.Common.SomeBank), false
	}
	return name, true
}

// Business returns what a business is called within a sentence.
func (l *Language) Business(name string) string {
	if name = OneLine(name); name != "" {
		return name
	}
	return string(l.Common.SomeBusiness)
}
