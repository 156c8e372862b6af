package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable_noNameForgesARowAColumnOrAColour(t *testing.T) {
	t.Parallel()
	for name, printed := range hostile {
		var out bytes.Buffer
		term := &Terminal{Out: &out}
		require.NoError(t, term.Table([]string{"BUSINESS", "STATE"}, [][]string{{name, "login_required"}, {"Elm", "connected"}}))
		lines := strings.Split(out.String(), "\n")
		require.Len(t, lines, 4, "a header, two rows and the end: %q", out.String())
		require.True(t, strings.HasPrefix(lines[1], printed), "%q", lines[1])
		require.True(t, strings.HasSuffix(lines[1], "  login_required"), "%q", lines[1])
		require.False(t, strings.ContainsFunc(lines[1], moves), "%q", lines[1])
	}
}

func TestList_isATableOrJSONLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	term := &Terminal{Out: &out}
	row := func(n int) []string { return []string{fmt.Sprint(n)} }
	require.NoError(t, List(term, []int{1, 20}, []string{"N"}, row))
	require.Equal(t, "N\n1\n20\n", out.String())
	out.Reset()
	term.JSON = true
	require.NoError(t, List(term, []int{1, 20}, []string{"N"}, row))
	require.Equal(t, "1\n20\n", out.String())
	out.Reset()
	require.NoError(t, List(term, nil, []string{"N"}, row))
	require.Empty(t, out.String(), "no line for no element")
}

func TestSayAndNote_areOneLine(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	term := &Terminal{Out: &out, Err: &errOut}
	require.NoError(t, term.Say("mails of %s are paused", "a\nb\x1b[1m"))
	term.Note("%s: gone", "a\nb")
	require.Equal(t, "mails of a\\nb\\x1b[1m are paused\n", out.String())
	require.Equal(t, "a\\nb: gone\n", errOut.String())
}

func TestFail_keepsItsOwnLinesAndNothingElse(t *testing.T) {
	t.Parallel()
	var errOut bytes.Buffer
	(&Terminal{Err: &errOut}).Fail(errors.Join(errors.New("DATABASE_URL is missing"), errors.New("\tat\thost: \x1b[2Jbad")))
	require.Equal(t, "relink: DATABASE_URL is missing\n  at\\thost: \\x1b[2Jbad\n", errOut.String())
}

// full is a writer whose disk is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestPrinting_failsWhenNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	term := &Terminal{Out: full{}}
	require.ErrorContains(t, term.Say("done"), "no space left")
	require.ErrorContains(t, term.PrintJSON(1), "no space left")
	require.ErrorContains(t, term.Table([]string{"N"}, nil), "no space left")
}
