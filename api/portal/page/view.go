package page

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relink/internal/item"
	"relink/internal/wording"
)

// relinkView is what templates/relink.html shows, in words.
type relinkView struct {
	Lang, Title   string
	For           string // "For Blue Bottle"
	Heading       string // empty when the first card's headline is the page's heading
	Intro         string
	Base          string // "/relink/{token}", escaped
	LinkScriptURL string
	Resume        string // the Item to go on with at once, or ""
	Hosted        bool
	Cards         []card
	Waiting       int
	Working       int
	AllWell       bool // nothing waits, and nothing has ended
	Script        bool // something can still change while the page is open
	Then          titled
	Words         []word // for the script
	Labels        labels
	Foot          string
}

// card is one connection.
type card struct {
	ItemID, Bank, Initial string
	Accounts              []Account // as many as there is room for
	More                  int       // accounts beside those
	State                 string    // connected, or the Item's state; the script waits for it to become connected
	Waits, Works, Held    bool
	Phase                 string // where the script begins: ready, held or ended
	Pill                  string
	Headline, Meaning     string
	Todo                  string
	DayBefore, DayAfter   string // around the day since which nothing comes in, or until which it works
	Date                  string
	DateTime              string // RFC 3339
	Button                string
	Lead                  bool // its headline is the page's heading
}

// mostAccounts is how many accounts of one connection are named: they are there to recognize it by.
const mostAccounts = 3

func (c catalog) relink(r Relink) relinkView {
	business := filler("{business}", cmp.Or(oneLine(r.BusinessName), c.someone))
	v := relinkView{
		Lang: c.lang(r.Locale), For: business(c.pageFor), Base: "/relink/" + url.PathEscape(r.Token), LinkScriptURL: r.LinkScriptURL,
		Resume: r.Resume, Hosted: r.Hosted, Then: c.worksOn, Words: c.scriptWords(), Labels: c.labels, Foot: c.foot,
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
		v.Then = c.worksThen
	}
	v.Script = v.Waiting+held > 0 || v.Resume != ""
	c.head(&v, held)
	return v
}

// head says at the top where the merchant stands.
func (c catalog) head(v *relinkView, held int) {
	var say titled
	switch {
	case v.Waiting == 1:
		v.Title, v.Cards[0].Lead = v.Cards[0].Button, true
		return
	case v.Waiting > 1:
		count := filler("{count}", strconv.Itoa(v.Waiting))
		say = titled{count(c.many.Title), c.many.Text}
	case held == 1:
		v.Title, v.Cards[0].Lead = v.Cards[0].Headline, true
		return
	case held > 1:
		say = c.heldAll
	case v.Working < len(v.Cards):
		say = c.allElse
	default:
		v.AllWell, say = true, c.allWell
	}
	v.Title, v.Heading, v.Intro = say.Title, say.Title, say.Text
}

func (c catalog) card(connection Connection) card {
	bank := cmp.Or(oneLine(connection.Institution), c.someBank)
	fill := filler("{bank}", bank)
	shown := connection.Accounts[:min(len(connection.Accounts), mostAccounts)]
	k := card{
		ItemID: connection.ItemID, Bank: bank, Initial: initial(bank), State: connection.State,
		Accounts: shown, More: len(connection.Accounts) - len(shown),
	}
	say := func(t wording.Trouble) { k.Headline, k.Meaning, k.Todo = fill(t.Headline), fill(t.Meaning), fill(t.Do) }
	switch connection.standing() {
	case works:
		k.Works, k.State, k.Pill = true, string(item.Connected), c.pillWorks
		return k
	case ended:
		k.Phase, k.Pill = "ended", c.pillEnded
		say(wording.Broken(c.locale, item.Gone))
		return k
	case held:
		k.Held, k.Phase, k.Pill, k.Headline, k.Meaning = true, "held", c.pillHeld, fill(c.held.Title), fill(c.held.Text)
		return k
	case waits:
	}
	k.Waits, k.Phase = true, "ready"
	sentence, day := c.since, connection.BrokenSince.UTC()
	if item.State(connection.State) == item.Expiring {
		k.Pill, k.Button = c.pillEnds, fill(c.renew)
		sentence, day = c.until, connection.EndsAt.UTC()
		say(wording.Ending(c.locale, item.Cause(connection.Cause)))
	} else {
		k.Pill, k.Button = c.pillWaits, fill(c.button)
		say(wording.Broken(c.locale, item.Cause(connection.Cause)))
	}
	if !day.IsZero() {
		// The reader's own zone is known to the browser only: the script writes the date again.
		k.DayBefore, k.DayAfter, _ = strings.Cut(sentence, "{date}")
		k.Date, k.DateTime = c.day(day), day.Format(time.RFC3339)
	}
	return k
}

// scriptWords are the sentences of the script: those that the page itself shows in the same words are written once.
func (c catalog) scriptWords() []word {
	return slices.Concat(c.script, []word{
		{"held-pill", c.pillHeld},
		{"held-headline", c.held.Title},
		{"held-todo", c.held.Text},
		{"connected-pill", c.pillWorks},
		{"all-connected", c.allWell.Title},
	})
}

var tag = regexp.MustCompile(`^[a-z]{2}-[A-Z]{2}$`)

// lang is the page's language, with the merchant's country where it is known: days are written as there.
func (c catalog) lang(locale string) string {
	if tag.MatchString(locale) && wording.Locale(locale[:2]) == c.locale {
		return locale
	}
	return string(c.locale)
}

func oneLine(name string) string { return strings.Join(strings.Fields(name), " ") }

// initial stands in for a bank's logo.
func initial(bank string) string {
	r, _ := utf8.DecodeRuneInString(bank)
	return string(unicode.ToUpper(r))
}
