package wording

import "strings"

// Language is every word that a merchant reads, in one language.
//
// Each word has a type of its own, and a language is written in literals without keys: every text bears the name of its
// word, as in WhatToDo("What to do"). A language that misses a word, or confuses two, does not compile.
//
// Names in braces are placeholders, which Filler fills. Each group of words lists those that its texts may hold.
type Language struct {
	Locale Locale
	Common Common
	Causes Causes
	Mail   Mail
	Page   Page
}

// languages lists every language, English first. A new language is a file like english.go, and its name in this list.
var languages = []*Language{&english, &spanish, &french, &german}

// Locale names a language that we have words in, as an HTML lang attribute does: "en".
type Locale string

// Locales returns the names of all languages, English first.
func Locales() []Locale {
	locales := make([]Locale, len(languages))
	for i, l := range languages {
		locales[i] = l.Locale
	}
	return locales
}

// For returns the words for a merchant's locale or a browser's Accept-Language. Of a BCP 47 tag only the language
// counts: "es-MX" gives Spanish. Of a list only the first tag counts. A language without words gives English. All
// callers share the words: do not change them.
func For(bcp47 string) *Language {
	language := strings.TrimSpace(bcp47)
	if end := strings.IndexAny(language, "-_,;"); end >= 0 {
		language = language[:end]
	}
	for _, l := range languages {
		if strings.EqualFold(language, string(l.Locale)) {
			return l
		}
	}
	return languages[0]
}

// Labels within a group of words.
type (
	Title  string
	Text   string
	Todo   string // what the merchant can do
	Button string // what a button or a link says
)

// Paragraph is a text with its title.
type Paragraph struct {
	Title
	Text
}
