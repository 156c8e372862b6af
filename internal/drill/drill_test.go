package drill

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack"
	"relink/internal/policy"
)

func TestAll_policiesAreOnesThatRelinkTakes(t *testing.T) {
	t.Parallel()
	for _, d := range All() {
		for _, short := range []bool{false, true} {
			if d.policy != nil {
				p, err := policy.Parse([]byte(d.policy(short)))
				require.NoError(t, err)
				require.NotEqual(t, policy.Default(), p)
			}
		}
	}
}

func TestPlay_drillThatCannotBePlayedIsNoPass(t *testing.T) {
	t.Parallel()
	for _, d := range All() {
		r := d.Run(t.Context(), Options{
			Start: func(context.Context, devstack.Options) (*devstack.Stack, error) { return nil, errors.New("no room") },
			Log:   func(string) {},
		})
		require.Equal(t, Stopped, r.Outcome)
		require.Equal(t, "STOPPED "+d.Name+": no room", r.String())
	}
}
