package bench

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantile_isTheSmallestValueThatTheShareDoesNotExceed(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for n := range 200 {
		all = append(all, time.Duration(200-n))
	}
	require.Equal(t, time.Duration(198), quantile(all, 0.99))
	require.Equal(t, time.Duration(100), quantile(all, 0.5))
	require.Equal(t, time.Duration(200), quantile(all, 1))
	require.Equal(t, time.Duration(1), quantile(all, 0))
	require.Equal(t, time.Duration(7), quantile([]time.Duration{7}, 0.99))
	require.Zero(t, quantile(nil, 0.5))
	require.Equal(t, time.Duration(200), all[0], "the order of what was measured stays")
}

func TestMedian_isTheMiddleOrTheMeanOfTheTwo(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 3, median([]float64{9, 1, 3}), 0)
	require.InDelta(t, 2.5, median([]float64{4, 2, 3, 1}), 0)
	require.Zero(t, median(nil))
	require.Equal(t, []float64{1, 10, 2, 20}, inTurn([]float64{1, 2}, []float64{10, 20}))
}

func TestAllowance_oneAtOnceAndOneEveryFourSeconds(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 100, allowance(100, 0), 0)
	require.InDelta(t, 475, allowance(100, 15), 0)
}

func TestResult_missedBarFailsTheBench(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		relink, baseline float64
		holds            bool
	}{{90, 100, true}, {89, 100, false}} {
		r := run{result: Result{Bench: "ingest", Holds: true}}
		r.atLeast(Row{Figure: "rate", Relink: c.relink, Baseline: c.baseline}, 0.9)
		r.beside(Row{Figure: "bytes", Relink: 1})
		require.Equal(t, c.holds, r.result.Holds)
		require.True(t, strings.HasPrefix(lastLine(r.result.String()), passOrFail(c.holds)+" ingest"))
	}
	r := run{result: Result{Holds: true}}
	r.atMost(Row{Relink: 26, Baseline: 10}, 2.5)
	require.False(t, r.result.Holds)
}

func lastLine(text string) string { return text[strings.LastIndex(text, "\n")+1:] }

func TestStorm_unheardItemsAreNoPass(t *testing.T) {
	t.Parallel()
	report := func(after ...counts) bool {
		r := run{result: Result{Holds: true}}
		r.reportStorm([]counts{{signals: 5, questions: 5}, {}}, after, 1, 4)
		return r.result.Holds
	}
	require.True(t, report(counts{7, 7}, counts{2, 2}))
	require.False(t, report(counts{5, 7}, counts{2, 2}), "the first was not signalled")
	require.False(t, report(counts{7, 5}, counts{2, 2}), "the first was not asked about")
	require.False(t, report(counts{8, 7}, counts{2, 2}), "five signals of two items in four seconds")
	require.False(t, report(counts{7, 8}, counts{2, 2}))
}

// recorder is a server that gives one answer and keeps what it was sent.
func recorder(t *testing.T, status int, answer string) (url string, got chan string) {
	t.Helper()
	got = make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Method + " " + r.URL.Path + " " + r.Header.Get("Plaid-Verification") + " " + string(body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/webhooks/plaid", got
}

func TestLoad_everyRequestArrivesOnceAndWhole(t *testing.T) {
	t.Parallel()
	url, got := recorder(t, http.StatusOK, "taken")
	requests := make([][]byte, 70)
	for i := range requests {
		var err error
		requests[i], err = request(url, "token", strings.Repeat("x", i))
		require.NoError(t, err)
	}
	rate, err := atFullSpeed(t.Context(), url, requests[:40])
	require.NoError(t, err)
	require.Positive(t, rate)
	took, err := atRate(t.Context(), url, requests[40:], 10_000)
	require.NoError(t, err)
	require.Len(t, took, 30)
	require.NotContains(t, took, time.Duration(0))
	lengths := map[int]bool{}
	for range requests {
		one := <-got
		require.True(t, strings.HasPrefix(one, "POST /webhooks/plaid token "))
		lengths[len(one)] = true
	}
	require.Len(t, lengths, len(requests))
	require.Empty(t, got)
}

func TestLoad_answerOtherThan200EndsTheMeasurement(t *testing.T) {
	t.Parallel()
	url, _ := recorder(t, http.StatusServiceUnavailable, "")
	req, err := request(url, "t", "b")
	require.NoError(t, err)
	_, err = atFullSpeed(t.Context(), url, [][]byte{req})
	require.ErrorIs(t, err, errNot200)
	_, err = atRate(t.Context(), url, [][]byte{req}, 1000)
	require.ErrorIs(t, err, errNot200)
}
