package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Names, reasons and errors come from platforms, merchants and banks, and a terminal acts on more than letters: ESC
// begins a colour or moves the cursor, a newline begins a row, and Unicode's bidirectional controls reverse the reading
// order of what follows (CVE-2021-42574). None of them is printed as it is.

// Harmless returns text with every character that a terminal acts on written out: "\x1b", "\n", "\u202e". Letters,
// marks, digits, punctuation and symbols of every script stay, and every other space becomes a plain one.
func Harmless(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, width := utf8.DecodeRuneInString(text)
		first := text[0]
		text = text[width:]
		switch {
		case r == utf8.RuneError && width == 1:
			fmt.Fprintf(&b, `\x%02x`, first)
		case unicode.IsPrint(r) || joins(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		default:
			b.WriteString(writtenOut(r))
		}
	}
	return b.String()
}

// joins reports the two joiners of emoji and of several scripts. They draw nothing and move nothing.
func joins(r rune) bool { return r == '\u200c' || r == '\u200d' }

func writtenOut(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// harmlessJSON writes out the controls that encoding/json leaves as they are: DEL, the C1 controls, and Unicode's
// format characters. All of them stand inside of strings, so the value stays the same.
func harmlessJSON(line []byte) []byte {
	text := string(line)
	if !strings.ContainsFunc(text, acts) {
		return line
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !acts(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return []byte(b.String())
}

// acts reports a character that a terminal may act on.
func acts(r rune) bool { return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && !joins(r) }
