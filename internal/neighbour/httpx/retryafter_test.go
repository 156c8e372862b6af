package httpx_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/neighbour/httpx"
)

func TestRetryAfter_bothFormsAreReadAndBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for value, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "7": 7 * time.Second, "7.5": 0,
		"3600": time.Hour, "3601": time.Hour, "86400": time.Hour, "99999999999999999999": 0,
		at(30 * time.Minute): 30 * time.Minute, at(-time.Minute): 0, at(48 * time.Hour): time.Hour,
	} {
		require.Equal(t, want, httpx.RetryAfter(http.Header{"Retry-After": {value}}, now), value)
	}
	require.Zero(t, httpx.RetryAfter(http.Header{}, now))
	require.Zero(t, httpx.RetryAfter(nil, now))
}
