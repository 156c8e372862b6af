package wording

import (
	"strings"

	"relink/internal/item"
)

// Locale is a language that we have words in, as in an HTML lang attribute.
type Locale string

const (
	English Locale = "en"
	Spanish Locale = "es"
	French  Locale = "fr"
	German  Locale = "de"
)

// Locales answers the languages there are, English first.
func Locales() []Locale { return []Locale{English, Spanish, French, German} }

// Match is the language for a merchant's locale: of a BCP 47 tag only the language counts, "es-MX" is Spanish, and of a
// list, such as a browser's Accept-Language, the first tag. English stands in for what we have no words in, and for what
// is no tag at all.
func Match(bcp47 string) Locale {
	language := strings.TrimSpace(bcp47)
	if end := strings.IndexAny(language, "-_,;"); end >= 0 {
		language = language[:end]
	}
	for _, l := range Locales() {
		if strings.EqualFold(language, string(l)) {
			return l
		}
	}
	return English
}

// Trouble is what happened to a connection and what its owner does about it. In braces: {bank}, and in Happened of a
// connection that is going to end also {ends}, which is a day ("on Sunday, November 29") or "soon".
type Trouble struct {
	// Happened and Todo are sentences of a mail.
	Happened, Todo string
	// Headline is a heading on the page, without a full stop; Meaning and Do are its sentences.
	Headline, Meaning, Do string
}

// table is one language's words.
type table struct {
	broken    map[item.Cause]Trouble
	anyBroken Trouble                // a cause that has no words of its own
	ending    map[item.Cause]Trouble // of a connection that still works
	anyEnding Trouble
}

// Broken is what a merchant reads about a connection that has stopped; general words for an unknown cause.
func Broken(l Locale, c item.Cause) Trouble {
	t := words(l)
	if trouble, known := t.broken[c]; known {
		return trouble
	}
	return t.anyBroken
}

// Ending is what a merchant reads about a connection that works and is going to end; general words for a cause that
// seldom announces itself.
func Ending(l Locale, c item.Cause) Trouble {
	t := words(l)
	if trouble, known := t.ending[c]; known {
		return trouble
	}
	return t.anyEnding
}

func words(l Locale) table {
	switch l {
	case Spanish:
		return spanish()
	case French:
		return french()
	case German:
		return german()
	case English:
	}
	return english()
}
