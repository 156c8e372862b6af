package describe

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"relink/internal/wording"
)

// sentence turns a name for which we have no words into some: "bank_action" becomes "Bank action".
func sentence(name string) string {
	return Capital(strings.ReplaceAll(name, "_", " "))
}

// Capital returns the text with its first letter in upper case.
func Capital(text string) string { return wording.Capital(strings.TrimSpace(text)) }

// Lower returns the first text that is not empty, with its first letter in lower case unless it is Plaid's name.
func Lower(texts ...string) string {
	for _, text := range texts {
		switch first, width := utf8.DecodeRuneInString(text); {
		case width == 0:
			continue
		case strings.HasPrefix(text, "Plaid"):
			return text
		default:
			return string(unicode.ToLower(first)) + text[width:]
		}
	}
	return ""
}

// DayAndTime returns a time in UTC, without the year when it is the year of now.
func DayAndTime(t, now time.Time) string {
	if t.UTC().Year() == now.UTC().Year() {
		return t.UTC().Format("2 Jan, 15:04 UTC")
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// Age returns a duration in its largest useful unit: "<1 min", "5 min", "3 h", "9 d".
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "<1 min"
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
}
