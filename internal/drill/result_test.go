package drill

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack"
)

func TestResult_lastLineNamesFiguresOrMissedBars(t *testing.T) {
	t.Parallel()
	p := play{result: Result{Drill: "webhooks", Outcome: Pass}}
	p.figure(2000, "webhooks sent")
	p.figure(8.1, "s of sending")
	p.none("webhooks lost", nil)
	require.Equal(t, "PASS webhooks: 2000 webhooks sent, 8.1 s of sending", p.result.String())

	p.result.Outcome = Fail
	p.none("webhooks lost", []string{"a", "b", "c", "d"})
	p.bar("rows", false, "at least 9", "7")
	require.Equal(t, "FAIL webhooks: webhooks lost: wanted 0, got 4 (a; b; c); rows: wanted at least 9, got 7", p.result.String())
}

func TestPlay_drillThatCannotBePlayedIsNoPass(t *testing.T) {
	t.Parallel()
	for _, d := range All() {
		r := d.Play(t.Context(), Options{
			Start: func(context.Context, devstack.Options) (*devstack.Stack, error) { return nil, errors.New("no room") },
			Say:   func(string) {},
		})
		require.Equal(t, Stopped, r.Outcome)
		require.Equal(t, "STOPPED "+d.Name+": no room", r.String())
	}
}
