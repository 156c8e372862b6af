package cmd

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReady_goesByTheStatus(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"postgres":"away"}`))
	})
	server := httptest.NewServer(mux)
	code, out, errOut := relink(t, "ready", server.URL+"/readyz")
	require.Equal(t, exitDone, code)
	require.Empty(t, out+errOut)

	status = http.StatusServiceUnavailable
	code, _, errOut = relink(t, "ready", server.URL+"/readyz")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errOut, `503 Service Unavailable: {"postgres":"away"}`)

	server.Close()
	code, _, errOut = relink(t, "ready", server.URL+"/readyz")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errOut, "connection refused")
}
