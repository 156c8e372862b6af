package telemetry_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

func TestTemporal_tracesOnlyIfThereIsAProvider(t *testing.T) {
	t.Parallel()
	var on, off client.Options
	require.NoError(t, traced(t).Temporal(&on))
	require.Len(t, on.Interceptors, 2)
	require.NoError(t, untraced(t).Temporal(&off))
	require.Empty(t, off.Interceptors)
	for _, o := range []client.Options{on, off} {
		require.NotNil(t, o.Logger)
		require.NotNil(t, o.MetricsHandler)
	}
}
