package people

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/mailing"
)

func TestMailsSuppress_stopsListsAndReleasesAnAddress(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	d := &shell{records: store}
	require.NoError(t, d.types(t, "mails suppress ada@example.com --why asked~by~phone"))
	require.Equal(t, "nothing more is mailed to ada@example.com (no merchant has it now)\n", d.out.String())
	require.NoError(t, d.types(t, "mails suppress --why again ADA@example.com"))
	require.Equal(t, "ADA@example.com was stopped by a person already (no merchant has it now)\n", d.out.String())

	require.NoError(t, d.types(t, "mails suppressed"))
	require.Contains(t, d.out.String(), "asked by phone")
	require.NoError(t, d.types(t, "mails suppressed --json"))
	var listed mailing.Suppression
	require.NoError(t, json.Unmarshal(d.out.Bytes(), &listed))
	require.Equal(t, mailing.ByHand, listed.Reason)
	require.Equal(t, "olga", listed.By)

	require.NoError(t, d.types(t, "mails unsuppress Ada@example.com"))
	require.Contains(t, d.out.String(), "Ada@example.com may be mailed again")
	require.ErrorContains(t, d.types(t, "mails unsuppress Ada@example.com"), "are not stopped")
	require.Empty(t, d.out.String())
	require.ErrorContains(t, d.types(t, "mails unsuppress Ada@example.com --json"), "are not stopped")
	require.JSONEq(t, `{"address":"Ada@example.com","ended":0,"merchants":[]}`, d.out.String())
	all, err := store.Suppressions(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestMailsSuppress_refusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	refuses(t, map[string]string{
		"mails suppress":                                     "wants an address",
		"mails suppress --why x":                             "wants an address",
		"mails suppress ada --why x":                         "wants an address",
		"mails suppress ada@example.com":                     "--why",
		"mails unsuppress":                                   "wants an address",
		"mails suppress a@example.com b@example.com --why x": "one address",
		"mails suppress Ada~<ada@example.com> --why x":       "wants an address",
		"mails suppressed ada@example.com":                   `"ada@example.com"`,
		"mails suppressing":                                  `"suppressing"`,
	})
}
