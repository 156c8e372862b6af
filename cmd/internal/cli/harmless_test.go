package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// hostile maps names with characters that a terminal acts on to what is printed of them.
var hostile = map[string]string{
	"\x1b[31mred\x1b[0m":             `\x1b[31mred\x1b[0m`,
	"\u009b2J":                       `\x9b2J`, // the CSI of terminals that read C1 controls
	"\x9b2J":                         `\x9b2J`, // the same as a byte that is not UTF-8
	"one\nitm_2  connected":          `one\nitm_2  connected`,
	"a\tb\rc\x08\x7f\x00":            `a\tb\rc\x08\x7f\x00`,
	"a\u2028b\u2029c\u0085d":         `a\u2028b\u2029c\x85d`,
	"\u202ednim\u202c \u2066x\u2069": `\u202ednim\u202c \u2066x\u2069`,
	"\u200e\u200f\u061c":             `\u200e\u200f\u061c`,
	"\u200bzero\ufeff\u00ad":         `\u200bzero\ufeff\xad`,
	"\U000e0041":                     `\U000e0041`, // a tag: invisible text
	"Société\u00a0Générale":          "Société Générale",
	"Blue Bottle · 北京 · עברית · 👩‍🌾 é": "Blue Bottle · 北京 · עברית · 👩‍🌾 é",
}

// moves reports a character that moves the cursor, ends a line, begins a control sequence, or turns text around. It is
// written independently of acts, so that a mistake there is not repeated here.
func moves(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f: // C0, DEL, C1
		return true
	case r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x61c: // bidirectional
		return true
	case r == 0x2028, r == 0x2029, r == 0x200b, r == 0xfeff: // separators, invisible
		return true
	}
	return false
}

func TestHarmless_writesOutWhatATerminalActsOn(t *testing.T) {
	t.Parallel()
	for name, want := range hostile {
		require.Equal(t, want, Harmless(name), "%q", name)
	}
}

func TestHarmless_isOneLineOfPrintableTextForAnyInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		got := Harmless(text)
		require.False(t, strings.ContainsFunc(got, moves), "%q", got)
		require.Equal(t, got, Harmless(got), "what is harmless stays as it is")
	})
}

func TestPrintJSON_keepsTheValueAndEscapesWhatActs(t *testing.T) {
	t.Parallel()
	for name := range hostile {
		var out bytes.Buffer
		require.NoError(t, (&Terminal{Out: &out}).PrintJSON(map[string]string{"name": name}))
		line := strings.TrimSuffix(out.String(), "\n")
		require.False(t, strings.ContainsFunc(line, moves), "%q", line)
		var back map[string]string
		require.NoError(t, json.Unmarshal(out.Bytes(), &back))
		require.Equal(t, strings.ToValidUTF8(name, "\ufffd"), back["name"])
	}
}
