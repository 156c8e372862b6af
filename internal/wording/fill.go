package wording

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Filler returns a function that puts values into the placeholders of a text. The pairs are a placeholder with its
// braces, then its value. The function fills in one pass, so that a business called "{bank}" keeps its name.
func Filler(pairs ...string) func(text string) string { return strings.NewReplacer(pairs...).Replace }

// Capital returns the text with its first letter in upper case.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// OneLine returns a name without line breaks and without repeated spaces, so that it cannot break out of its line.
func OneLine(name string) string { return strings.Join(strings.Fields(name), " ") }
