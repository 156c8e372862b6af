//go:build browser

package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// recorder records the requests and the errors of a tab and its same-site frames.
type recorder struct {
	mu     sync.Mutex
	asked  []string // URLs, in order
	faults []string
}

// see is called for each event of the tab, before the response to the command that caused it.
func (w *recorder) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.asked = append(w.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		w.faults = append(w.faults, "exception: "+(&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.faults = append(w.faults, fmt.Sprintf("console.%s", e.Type))
		}
	case *log.EventEntryAdded: // also where Chromium reports a broken Content-Security-Policy
		if e.Entry.Level == log.EntryLevelError {
			w.faults = append(w.faults, fmt.Sprintf("%s: %s", e.Entry.Source, e.Entry.Text))
		}
	}
}

// hosts returns the hosts of the tab's requests, in order, each once.
func (w *recorder) hosts(t *testing.T) []string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var hosts []string
	for _, raw := range w.asked {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		if u.Scheme != "data" && !slices.Contains(hosts, u.Host) {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// hasAsked reports whether the tab requested a URL with the path.
func (w *recorder) hasAsked(path string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.asked, func(raw string) bool {
		u, err := url.Parse(raw)
		return err == nil && u.Path == path
	})
}

// trouble returns the errors of the tab.
func (w *recorder) trouble() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.faults)
}

func hostOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u.Host
}

func TestViolations_areSeen(t *testing.T) {
	t.Parallel()
	h, _ := enter(t)
	stranger := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; img-src 'self' data: "+stranger.URL)
		fmt.Fprintf(w, `<link rel="icon" href="data:,"><img src="%s/pixel"><img src="/missing"><link rel="stylesheet" href="/forbidden.css">
			<script>console.error("said"); setTimeout(() => { throw new Error("thrown"); })</script>`, stranger.URL)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p := h.open(t, phone, server.URL)
	for _, want := range []string{"exception: ", "console.error", "security: ", "network: "} {
		p.until(want+" among the faults", func(context.Context) (bool, error) {
			return slices.ContainsFunc(p.trouble(), func(fault string) bool { return strings.HasPrefix(fault, want) }), nil
		})
	}
	require.Equal(t, []string{hostOf(t, server.URL), hostOf(t, stranger.URL)}, p.hosts(t))
}
