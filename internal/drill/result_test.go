package drill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestResult_lastLineNamesFiguresOrMissedBars(t *testing.T) {
	t.Parallel()
	r := run{result: Result{Drill: "webhooks", Outcome: Pass}}
	r.figure(2000, "webhooks sent")
	r.figure(8.1, "s of sending")
	r.none("webhooks lost", nil)
	require.Equal(t, "PASS webhooks: 2000 webhooks sent, 8.1 s of sending", r.result.String())

	r.result.Outcome = Fail
	r.none("webhooks lost", []string{"a", "b", "c", "d"})
	r.bar("rows", false, "at least 9", "7")
	require.Equal(t, "FAIL webhooks: webhooks lost: wanted 0, got 4 (a; b; c); rows: wanted at least 9, got 7", r.result.String())
}
