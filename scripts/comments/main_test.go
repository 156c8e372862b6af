package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheck_findsWideLinesAndTheWrongVerb(t *testing.T) {
	t.Parallel()
	fits := "\t// " + strings.Repeat("é", widest-4)
	text := strings.Join([]string{
		"// Token answers the token of a grant.",
		"// Token returns what Plaid answers.",
		fits,
		fits + "x",
		"// https://plaid.com/" + strings.Repeat("x", widest),
		`	wide := "` + strings.Repeat("x", widest) + `"`,
	}, "\n")
	require.Equal(t, []string{
		`1: write "returns": // Token answers the token of a grant.`,
		"4: the comment is 121 columns wide; 120 are allowed",
	}, check(text))
}
