package telemetry_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMetricsHandler_saysWhatRuns(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^relink_build_info\{go="go1\..*",revision="abc",version="v1.2.3"\} 1$`, traced(t).scraped(t, "relink_build_info")[0])
}
