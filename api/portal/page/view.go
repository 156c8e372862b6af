package page

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relink/internal/item"
	"relink/internal/wording"
)

// relinkView is what templates/relink.html shows.
type relinkView struct {
	Lang, Title   string
	For           string // "For Blue Bottle"
	Heading       string // empty if the first card's headline is the page's heading
	Intro         string
	Base          string // "/relink/{token}", escaped
	LinkScriptURL string
	Resume        string // the Item with which the script continues at once, or ""
	Hosted        bool
	Cards         []card
	Waiting       int
	Working       int
	AllWell       bool // no connection waits, and none has ended
	Script        bool // the page needs its script, because something can still change while it is open
	Then          wording.Paragraph
	Words         []word // for the script
	Labels        labels
	Foot          string
}

// labels are the fixed words around a connection.
type labels struct {
	WhatToDo, Secure, NoScript string
	Details                    string // the line that opens Sharing
	Sharing                    []wording.Paragraph
}

// card is one connection.
type card struct {
	ItemID, Bank, Initial string
	Accounts              []Account // at most mostAccounts
	More                  int       // the number of accounts that it does not name
	State                 string    // connected, or the Item's state; the script waits until it is connected
	Waits, Works, Held    bool
	Phase                 string // where the script begins: ready, held or ended
	Pill                  string
	Headline, Meaning     string
	Todo                  string
	DayBefore, DayAfter   string // the sentence around Date, the day since when data has stopped or until when it works
	Date                  string
	DateTime              string // RFC 3339
	Button                string
	Lead                  bool // its headline is the page's heading
}

// mostAccounts is how many accounts a card names. A merchant recognises the connection by them.
const mostAccounts = 3

// composer builds the views of one language.
type composer struct{ words *wording.Language }

func (c composer) relink(r Relink) relinkView {
	page := &c.words.Page
	v := relinkView{
		Lang: c.lang(r.Locale), For: wording.Filler("{business}", c.words.Business(r.BusinessName))(string(page.PageFor)),
		Base: "/relink/" + url.PathEscape(r.Token), LinkScriptURL: r.LinkScriptURL,
		Resume: r.Resume, Hosted: r.Hosted, Then: wording.Paragraph(page.WorksOn), Words: c.scriptWords(), Labels: c.labels(),
		Foot: string(page.ForYouAlone) + " " + string(c.words.Common.Safety),
	}
	held, stopped := 0, false
	for _, connection := range waitingFirst(r.Connections) {
		k := c.card(connection)
		switch {
		case k.Waits:
			v.Waiting++
		case k.Held:
			held++
		case k.Works:
			v.Working++
		}
		stopped = stopped || item.State(connection.State).Broken()
		v.Cards = append(v.Cards, k)
	}
	if stopped {
		v.Then = c.worksThen()
	}
	v.Script = v.Waiting+held > 0 || v.Resume != ""
	c.head(&v, held)
	return v
}

func (c composer) labels() labels {
	page := &c.words.Page
	return labels{
		WhatToDo: string(c.words.Common.WhatToDo), Secure: string(page.Secure), NoScript: string(page.NoScript),
		Details: string(page.SharingSummary),
		Sharing: []wording.Paragraph{
			wording.Paragraph(page.SharingPassword), wording.Paragraph(page.SharingScope),
			wording.Paragraph(page.SharingPurpose), wording.Paragraph(page.SharingEnd),
		},
	}
}

// worksThen returns what will work again, as a paragraph of its own.
func (c composer) worksThen() wording.Paragraph {
	works := c.words.Common.WorksThen
	return wording.Paragraph{Title: works.Title, Text: wording.Text(wording.Capital(string(works.Text)))}
}

// head sets the title, heading and intro, which sum up the merchant's connections.
func (c composer) head(v *relinkView, held int) {
	page := &c.words.Page
	var say wording.Paragraph
	switch {
	case v.Waiting == 1:
		v.Title, v.Cards[0].Lead = v.Cards[0].Button, true
		return
	case v.Waiting > 1:
		say = wording.Paragraph(page.SeveralWait)
	case held == 1:
		v.Title, v.Cards[0].Lead = v.Cards[0].Headline, true
		return
	case held > 1:
		say = wording.Paragraph(page.BanksDown)
	case v.Working < len(v.Cards):
		say = wording.Paragraph(page.SomeEnded)
	default:
		v.AllWell, say = true, wording.Paragraph(page.AllWell)
	}
	v.Title = wording.Filler("{count}", strconv.Itoa(v.Waiting))(string(say.Title))
	v.Heading, v.Intro = v.Title, string(say.Text)
}

func (c composer) card(connection Connection) card {
	page := &c.words.Page
	bank := c.bank(connection)
	fill := wording.Filler("{bank}", bank)
	shown := connection.Accounts[:min(len(connection.Accounts), mostAccounts)]
	k := card{
		ItemID: connection.ItemID, Bank: bank, Initial: initial(bank), State: connection.State,
		Accounts: shown, More: len(connection.Accounts) - len(shown),
	}
	explain := func(e wording.Explanation) {
		k.Headline, k.Meaning, k.Todo = fill(string(e.Headline)), fill(string(e.Meaning)), fill(string(e.Do))
	}
	switch connection.standing() {
	case works:
		k.Works, k.State, k.Pill = true, string(item.Connected), string(page.PillWorks)
		return k
	case ended:
		k.Phase, k.Pill = "ended", string(page.PillEnded)
		explain(c.words.Broken(item.Gone))
		return k
	case held:
		k.Held, k.Phase, k.Pill = true, "held", string(page.PillDown)
		k.Headline, k.Meaning = fill(string(page.BankDown.Title)), fill(string(page.BankDown.Text))
		return k
	case waits:
	}
	k.Waits, k.Phase = true, "ready"
	if item.State(connection.State) == item.Expiring {
		k.Pill, k.Button = string(page.PillEnds), fill(string(page.Renew))
		explain(c.words.Ending(item.Cause(connection.Cause)))
		c.date(&k, string(page.Until), connection.EndsAt)
	} else {
		k.Pill, k.Button = string(page.PillWaits), fill(string(page.Reconnect))
		explain(c.words.Broken(item.Cause(connection.Cause)))
		c.date(&k, string(page.Since), connection.BrokenSince)
	}
	return k
}

// date adds a sentence with a day. Only the browser knows the reader's time zone, so the script writes the day again.
func (c composer) date(k *card, sentence string, day time.Time) {
	if day.IsZero() {
		return
	}
	k.DayBefore, k.DayAfter, _ = strings.Cut(sentence, "{date}")
	k.Date, k.DateTime = c.words.Date(day.UTC()), day.UTC().Format(time.RFC3339)
}

// bank returns the name of a bank as the page shows it.
func (c composer) bank(connection Connection) string {
	bank, named := c.words.Bank(connection.Institution)
	if named {
		return bank
	}
	return wording.Capital(bank)
}

var tag = regexp.MustCompile(`^[a-z]{2}-[A-Z]{2}$`)

// lang returns the page's language tag, with the merchant's country if it is known. The script formats days by it.
func (c composer) lang(locale string) string {
	if tag.MatchString(locale) && wording.Locale(locale[:2]) == c.words.Locale {
		return locale
	}
	return string(c.words.Locale)
}

// initial returns the letter that stands in for a bank's logo.
func initial(bank string) string {
	r, _ := utf8.DecodeRuneInString(bank)
	return string(unicode.ToUpper(r))
}
