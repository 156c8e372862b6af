package drill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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
