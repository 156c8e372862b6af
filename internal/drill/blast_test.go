package drill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBlastSize_guardSeesEnoughBeforeTheFirstMailIsDue(t *testing.T) {
	t.Parallel()
	const slowest = 8 // questions to Plaid a second, on a busy machine
	for _, s := range []blastSize{blastFull, blastShort} {
		require.Less(t, max(s.ofInstitution, s.ofAll), slowest*int(s.secondLook.Seconds()))
		require.Greater(t, s.items, s.ofAll)
		require.LessOrEqual(t, s.judged, s.items)
	}
}
