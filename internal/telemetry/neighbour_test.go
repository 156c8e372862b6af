package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
)

func TestNeighbour_aCallIsASpanThatHoldsNothingOfTheURL(t *testing.T) {
	t.Parallel()
	w := traced(t)
	status := http.StatusOK
	headers := make(chan http.Header, 2)
	neighbour := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		out.WriteHeader(status)
	}))
	defer neighbour.Close()
	client := &http.Client{Transport: w.Neighbour("platform")(http.DefaultTransport)}
	post := func(url string) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/"+token+"?token="+token, strings.NewReader(token))
		require.NoError(t, err)
		response, err := client.Do(r)
		if err == nil {
			require.NoError(t, response.Body.Close())
		}
		return err
	}
	require.NoError(t, post(neighbour.URL))
	require.NotContains(t, <-headers, "Traceparent", "our traces are nobody's business outside")
	status = http.StatusGone
	require.NoError(t, post(neighbour.URL))
	require.Error(t, post("http://127.0.0.1:1"))
	taken, refused, noResponse := w.spans.GetSpans()[0], w.spans.GetSpans()[1], w.spans.GetSpans()[2]
	require.Equal(t, "POST platform", taken.Name)
	require.Equal(t, map[string]string{
		"peer.service": "platform", "http.request.method": "POST", "http.response.status_code": "200",
	}, attributes(taken))
	require.Equal(t, codes.Unset, taken.Status.Code)
	require.Equal(t, codes.Error, refused.Status.Code)
	require.Equal(t, "no response", noResponse.Status.Description)
	require.Empty(t, noResponse.Events)
}
