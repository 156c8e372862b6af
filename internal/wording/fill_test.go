package wording_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/wording"
)

func TestFiller_fillsInOnePass(t *testing.T) {
	t.Parallel()
	fill := wording.Filler("{business}", "{bank}", "{bank}", "Tartan Bank")
	require.Equal(t, "{bank} at Tartan Bank, {count}", fill("{business} at {bank}, {count}"), "a business keeps its name")
}

func TestCapital_raisesTheFirstLetterOnly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "your bank": "Your bank", "élan Élan": "Élan Élan", "7 days": "7 days", "Ihre Bank": "Ihre Bank",
	} {
		require.Equal(t, want, wording.Capital(text))
	}
}
