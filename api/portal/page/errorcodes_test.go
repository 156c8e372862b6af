package page_test

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

// exitWords returns the script's words for the reasons why Link ended, by error code.
func exitWords(t *testing.T) map[string]string {
	t.Helper()
	served := get(t, http.MethodGet, "/relink/assets/relink.000000000000.js")
	script, err := io.ReadAll(served.Body)
	require.NoError(t, err)
	_, list, found := strings.Cut(string(script), "const exits = new Map([")
	require.True(t, found)
	list, _, found = strings.Cut(list, "]);")
	require.True(t, found)
	words := map[string]string{}
	for _, entry := range regexp.MustCompile(`\["(\w+)", "([a-z-]+)"\]`).FindAllStringSubmatch(list, -1) {
		require.NotContains(t, words, entry[1], "it is listed twice")
		words[entry[1]] = entry[2]
	}
	require.Len(t, words, strings.Count(list, "["), "every entry is read")
	return words
}

// fitting returns the words that do not contradict the rules' meaning of a code.
func fitting(m item.ErrorClass) []string {
	switch {
	case m.Remedy == item.ByBankFirst:
		return []string{"bank-first"}
	case m.Remedy == item.ByWaiting:
		return []string{"held", "wrong-code", "window-trouble"}
	case m.OurSetUp(), m.Cause == item.NotSupported:
		return []string{"not-offered", "other-login"}
	case m.Cause == item.AccountsMissing:
		return []string{"no-accounts"}
	case m.Cause == item.MFA:
		return []string{"wrong-code", "too-slow"}
	case m.Cause == item.Credentials:
		return []string{"wrong-password"}
	}
	return nil
}

// The script has a list of error codes of its own, because it cannot read Go. This test compares it with the one table.
func TestScript_saysOfEachErrorCodeWhatTheRulesMean(t *testing.T) {
	t.Parallel()
	words := exitWords(t)
	// Codes of Link itself and of its session. No Item has them.
	ofLink := []string{
		"OAUTH_STATE_ID_ALREADY_PROCESSED", "OAUTH_STATE_ID_NOT_FOUND", "INCORRECT_LINK_TOKEN",
		"INTERNAL_ERROR", "RATE_LIMIT_EXCEEDED",
	}
	for code, word := range words {
		m, known := item.ClassOf(code, "")
		require.NotEqual(t, known, slices.Contains(ofLink, code), "%s: relink knows nothing of it", code)
		if known {
			require.Contains(t, fitting(m), word, code)
		}
	}
	// A reason for which the merchant has to act elsewhere, or to wait, must not be shown as "closed".
	for _, code := range item.ErrorCodes() {
		m, _ := item.ClassOf(code, "")
		if m.Remedy == item.ByBankFirst || strings.HasPrefix(code, "INSTITUTION_NOT_") || code == "INSTITUTION_DOWN" {
			require.Contains(t, words, code, "the page has no words for it")
		}
	}
}
