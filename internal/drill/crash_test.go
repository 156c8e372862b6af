package drill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEvidence_onlyAClaimWhoseMailArrivedStandsForAMissingNote(t *testing.T) {
	t.Parallel()
	before := told{item: "i", sent: []sentMail{{"reminder", "a"}}, received: []string{"a", "b"}}
	after, unnoted := before.withClaims([]claim{{"reminder", "a"}, {"reconnected", "b"}, {"reminder", "c"}})
	require.Equal(t, 1, unnoted)
	require.Equal(t, []sentMail{{"reminder", "a"}, {"reconnected", "b"}}, after.sent)
	require.Equal(t, []sentMail{{"reminder", "a"}}, before.sent)
}

func TestEvidence_whoCameBackThroughLinkIsThankedOnce(t *testing.T) {
	t.Parallel()
	reminder, thanks := sentMail{"reminder", "r"}, sentMail{"reconnected", "t"}
	for name, c := range map[string]struct {
		after afterCrash
		waits bool
		wrong []string
	}{
		"right":                     {afterCrash{told: told{incidents: 1, sent: []sentMail{reminder, thanks}, received: []string{"r", "t"}}, linked: true}, false, nil},
		"healed before its mail":    {afterCrash{told: told{incidents: 1}}, false, nil},
		"healed after its mail":     {afterCrash{told: told{incidents: 1, sent: []sentMail{reminder}, received: []string{"r"}}}, false, nil},
		"thanked for nothing":       {afterCrash{told: told{incidents: 1, sent: []sentMail{thanks}, received: []string{"t"}}}, false, []string{"item i: 1 thanks, want 0"}},
		"thanks are still to come":  {afterCrash{told: told{incidents: 1, sent: []sentMail{reminder}, received: []string{"r"}}, linked: true}, true, []string{"item i: 0 thanks, want 1"}},
		"noted, and not arrived":    {afterCrash{told: told{incidents: 1, sent: []sentMail{reminder}}}, true, []string{"item i: mail r is in its timeline and not in the mailbox"}},
		"a second one for the step": {afterCrash{told: told{incidents: 1, sent: []sentMail{reminder, thanks}, received: []string{"r", "x", "t"}}, linked: true}, false, []string{"item i: mail x is in no timeline"}},
		"a second one, noted": {
			afterCrash{told: told{incidents: 1, sent: []sentMail{reminder, {"reminder", "x"}, thanks}, received: []string{"r", "x", "t"}}, linked: true},
			false,
			[]string{"item i: 2 reminders of 1 incidents within minutes", "item i: broken once, and 2 reminders"},
		},
		"thanked twice": {
			afterCrash{told: told{incidents: 1, sent: []sentMail{reminder, thanks, {"reconnected", "u"}}, received: []string{"r", "t", "u"}}, linked: true},
			false,
			[]string{"item i: 2 thanks, want 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.after.item = "i"
			require.Equal(t, c.waits, c.after.waits())
			require.Equal(t, c.wrong, c.after.wrong())
		})
	}
}

func TestMarks_fallIntoAllPartsOfTheWorkAndNotIntoItsEnd(t *testing.T) {
	t.Parallel()
	for _, random := range []float64{0, 0.5, 0.999} {
		all := marks(3, func() float64 { return random })
		for n, mark := range all {
			require.GreaterOrEqual(t, mark, 0.3*float64(n))
			require.Less(t, mark, 0.3*float64(n+1))
		}
	}
}
