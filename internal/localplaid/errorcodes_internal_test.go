package localplaid

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	rules "relink/internal/item"
)

// The local Plaid and relink have a list of error codes each, since neither imports the other. This test holds them
// together.
func TestPlaidErrors_areKnownToRelinkAndPlayWhatItKnows(t *testing.T) {
	t.Parallel()
	played := map[string]string{}
	for _, e := range plaidErrors {
		require.NotContains(t, played, e.Code, "it is listed twice")
		played[e.Code] = e.Type
		if e.Type == typeItemError || e.Type == typeInstitutionError {
			m, known := rules.ClassOf(e.Code, "")
			require.True(t, known, "relink knows nothing of %s", e.Code)
			require.False(t, m.OurSetUp(), "%s of type %s is about an Item", e.Code, e.Type)
		}
	}
	// These are played by nobody yet: /control/break takes any code, and gives one that is not listed a text of its own.
	unlisted := []string{"INVALID_OTP", "ITEM_CONCURRENTLY_DELETED"}
	for _, code := range rules.ErrorCodes() {
		if m, _ := rules.ClassOf(code, ""); m.State != "" && !slices.Contains(unlisted, code) {
			require.Contains(t, played, code, "relink reacts to it, and the local Plaid has no text for it")
		}
	}
}
