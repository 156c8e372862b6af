package page

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relink/internal/item"
)

// relinkView is what templates/relink.html shows, in words.
type relinkView struct {
	Lang, Title   string
	For           string // "For Blue Bottle"
	Heading       string // empty when one connection waits: its card's headline is the page's heading
	Intro         string
	Base          string // "/relink/{token}", escaped
	LinkScriptURL string
	Cards         []card
	Waiting       int
	Working       int
	AllWell       bool   // nothing waits, and nothing has ended
	Words         []word // for the script
	Labels        labels
	Foot          string
}

// card is one connection.
type card struct {
	ItemID, Bank, Initial string
	State                 string // connected, or the Item's state; the script waits for it to become connected
	Waits, Works          bool
	Phase                 string // where the script begins: ready, or ended
	Pill                  string
	Headline, Meaning     string
	Todo                  string
	DayBefore, DayAfter   string // around the day since which nothing comes in, or until which it works
	Date                  string
	DateTime              string // RFC 3339
	Button                string
	Lead                  bool // its headline is the page's heading
}

// word is a sentence that the script may show, by name.
type word struct{ Name, Text string }

func (c catalog) relink(r Relink) relinkView {
	v := relinkView{
		Lang: c.lang, For: filler("{business}", cmp.Or(oneLine(r.BusinessName), c.someone))(c.pageFor),
		Base: "/relink/" + url.PathEscape(r.Token), LinkScriptURL: r.LinkScriptURL,
		Words: c.script, Labels: c.labels, Foot: c.foot,
	}
	for _, connection := range waitingFirst(r.Connections) {
		k := c.card(connection)
		switch {
		case k.Waits:
			v.Waiting++
		case k.Works:
			v.Working++
		}
		v.Cards = append(v.Cards, k)
	}
	switch v.Waiting {
	case 0:
		say := c.allWell
		if v.AllWell = v.Working == len(v.Cards); !v.AllWell {
			say = c.allElse
		}
		v.Title, v.Heading, v.Intro = say.title, say.title, say.text
	case 1:
		v.Title = v.Cards[0].Button
		v.Cards[0].Lead = true
	default:
		count := filler("{count}", strconv.Itoa(v.Waiting))
		v.Title, v.Heading, v.Intro = count(c.many.title), count(c.many.title), c.many.text
	}
	return v
}

func (c catalog) card(connection Connection) card {
	bank := cmp.Or(oneLine(connection.Institution), c.someBank)
	fill := filler("{bank}", bank)
	k := card{ItemID: connection.ItemID, Bank: bank, Initial: initial(bank), State: connection.State}
	switch connection.standing() {
	case works:
		k.Works, k.State, k.Pill = true, string(item.Connected), c.pillWorks
		return k
	case ended:
		why := c.why[item.Gone]
		k.Phase, k.Pill, k.Headline, k.Meaning, k.Todo = "ended", c.pillEnded, fill(why.headline), fill(why.meaning), fill(why.todo)
		return k
	case waits:
	}
	words, general := c.why, c.anyWhy
	sentence, day := c.since, connection.BrokenSince.UTC()
	k.Waits, k.Phase, k.Pill, k.Button = true, "ready", c.pillWaits, fill(c.button)
	if item.State(connection.State) == item.Expiring {
		words, general = c.ends, c.anyEnd
		sentence, day = c.until, connection.EndsAt.UTC()
		k.Pill, k.Button = c.pillEnds, fill(c.renew)
	}
	why, known := words[item.Cause(connection.Cause)]
	if !known {
		why = general
	}
	k.Headline, k.Meaning, k.Todo = fill(why.headline), fill(why.meaning), fill(why.todo)
	if !day.IsZero() {
		// The reader's own zone is known to the browser only: the script writes the date again.
		k.DayBefore, k.DayAfter, _ = strings.Cut(sentence, "{date}")
		k.Date, k.DateTime = day.Format(c.dateLayout), day.Format(time.RFC3339)
	}
	return k
}

// filler puts values into a text's braces in one pass, so that a business called "{bank}" stays what it is.
func filler(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

func oneLine(name string) string { return strings.Join(strings.Fields(name), " ") }

// initial stands in for a bank's logo.
func initial(bank string) string {
	r, _ := utf8.DecodeRuneInString(bank)
	return string(unicode.ToUpper(r))
}
