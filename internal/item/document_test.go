package item_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

var update = flag.Bool("update", false, "write the rules in docs/architecture.md anew")

// The text between these lines of docs/architecture.md is made from the table.
const (
	rulesBegin = "<!-- The rules, made from internal/item/table.go by `make docs`: begin -->\n"
	rulesEnd   = "<!-- The rules: end -->\n"
)

func TestDocument_isMadeFromTheTable(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "architecture.md")
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, begun := strings.Cut(string(page), rulesBegin)
	_, after, ended := strings.Cut(rest, rulesEnd)
	require.True(t, begun && ended, "the lines around the rules are missing")
	current := before + rulesBegin + document(t) + rulesEnd + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(current), 0o644))
		return
	}
	require.Equal(t, current, string(page), "make docs writes it anew")
}

// document returns the rules as people read them: a diagram, the evidence, and the durations.
func document(t *testing.T) string {
	t.Helper()
	d := item.Production()
	meanings := map[item.Evidence]string{
		item.SaysError:       "Plaid names an error that means this state",
		item.SaysHealthy:     "Plaid names no error, and the accounts can be read",
		item.SaysGone:        "Plaid no longer knows the Item",
		item.ExpiryAnnounced: "a signed `PENDING_DISCONNECT` or `PENDING_EXPIRATION` announced an end",
		item.ExpiryNear:      "the consent ends within " + spelled(d.ExpiryHorizon),
		item.ConsentMoved:    "the end of the consent has moved by more than " + spelled(d.MinShift),
		item.LinkedSince:     "a Link session since we knew of the end finished with success",
		item.ExpiryPassed:    "the end has passed, and Plaid names no error",
		item.ByOperator:      "a person of ours removed the Item",
	}
	var b strings.Builder
	b.WriteString("\n```mermaid\nstateDiagram-v2\n    [*] --> connected : enrolled\n")
	rows, evidence := [][]item.Change{}, []item.Evidence{}
	for _, c := range item.Changes() {
		if n := len(rows); n > 0 && rows[n-1][0].From == c.From && rows[n-1][0].To == c.To {
			rows[n-1] = append(rows[n-1], c)
		} else {
			rows = append(rows, []item.Change{c})
		}
		if !strings.Contains(fmt.Sprint(evidence), string(c.By)) {
			evidence = append(evidence, c.By)
		}
	}
	list := func(row []item.Change, around string) string {
		var names []string
		for _, c := range row {
			names = append(names, around+string(c.By)+around)
		}
		return strings.Join(names, ", ")
	}
	for _, row := range rows {
		fmt.Fprintf(&b, "    %s --> %s : %s\n", row[0].From, row[0].To, list(row, ""))
	}
	b.WriteString("    removed --> [*]\n```\n\n| from | to | by any of, the first that holds on the record |\n|---|---|---|\n")
	for _, row := range rows {
		to := "`" + string(row[0].To) + "`"
		switch {
		case row[0].From != row[0].To:
		case row[0].To == item.Expiring:
			to += ", with another end"
		default:
			to += ", for another cause"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row[0].From, to, list(row, "`"))
	}
	b.WriteString("\n| evidence | what it is |\n|---|---|\n")
	for _, e := range evidence {
		require.NotEmpty(t, meanings[e], e)
		fmt.Fprintf(&b, "| `%s` | %s |\n", e, meanings[e])
	}
	fmt.Fprintf(&b, `
| after | Plaid is asked again |
|---|---|
| an answer that decides nothing, for example while the institution is down | after %s |
| a question that Plaid did not answer, or a mail that is stuck | after %s |
| a claim that the Item is broken, and a healthy answer | after %s, then dropped |
| a claim that it is healed, and a broken answer | after %s, then dropped |
| an answer that is older than %s | before the next mail |

`, spelled(d.UndecidedPause), spelled(d.UnansweredPause), spelled(d.BrokenRechecks...), spelled(d.HealedRechecks...),
		spelled(d.AnswerFreshFor))
	return b.String()
}

// spelled writes durations in one unit each: 2 s, 10 min, 1 h, 30 days.
func spelled(durations ...time.Duration) string {
	words := make([]string, len(durations))
	for i, d := range durations {
		switch {
		case d >= 2*day && d%day == 0:
			words[i] = fmt.Sprintf("%d days", d/day)
		case d%time.Hour == 0:
			words[i] = fmt.Sprintf("%d h", d/time.Hour)
		case d%time.Minute == 0:
			words[i] = fmt.Sprintf("%d min", d/time.Minute)
		default:
			words[i] = fmt.Sprintf("%g s", d.Seconds())
		}
	}
	return strings.Join(words, ", ")
}
