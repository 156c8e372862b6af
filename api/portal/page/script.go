package page

import (
	"reflect"
	"regexp"
	"strings"
)

// word is a sentence that the script may show, by name.
type word struct{ Name, Text string }

// scriptWords returns the sentences of the script. The page itself shows some of them as well.
func (c composer) scriptWords() []word {
	var all []word
	script := reflect.ValueOf(c.words.Page.Script)
	for field, text := range script.Fields() {
		all = append(all, word{kebab(field.Name), text.String()})
	}
	page := &c.words.Page
	return append(all,
		word{"held-pill", string(page.PillDown)},
		word{"held-headline", string(page.BankDown.Title)},
		word{"held-todo", string(page.BankDown.Text)},
		word{"connected-pill", string(page.PillWorks)},
		word{"all-connected", string(page.AllWell.Title)},
	)
}

var humps = regexp.MustCompile(`([a-z])([A-Z])`)

// kebab turns WrongPassword into wrong-password.
func kebab(name string) string { return strings.ToLower(humps.ReplaceAllString(name, "$1-$2")) }
