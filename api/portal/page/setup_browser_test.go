//go:build browser

// This file has the server and the phone of the script's tests.
package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
)

const patience = 25 * time.Second

// browser is the browser of all tests.
var browser context.Context

func TestMain(m *testing.M) {
	profile, err := os.MkdirTemp("", "relink-browser-")
	if err != nil {
		panic(err)
	}
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Env("TZ=UTC"),
		chromedp.NoFirstRun, chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		panic(err)
	}
	browser = ctx
	code := m.Run()
	closeBrowser()
	stop()
	_ = os.RemoveAll(profile)
	os.Exit(code)
}

// desk is the server behind a page, and the server of Link's script. It records the page's requests.
type desk struct {
	t      *testing.T
	server *httptest.Server
	link   *httptest.Server // another origin, as Plaid's is

	mu          sync.Mutex
	connections []page.Connection
	asked       []ask
	responses   map[string]func(w http.ResponseWriter)
	scriptGone  bool
	scriptAsked int
	over        bool
	locale      string
	resume      string // the Item that a return is about
	hosted      bool
}

func (d *desk) page() page.Relink {
	return page.Relink{
		BusinessName: "Blue Bottle", Locale: d.locale, Token: "t0k3n", Connections: d.connections, LinkScriptURL: d.link.URL + "/link.js",
	}
}

type ask struct {
	path string
	body map[string]string
	raw  string
}

// fakeLink replaces Plaid's script: it covers the page, as Plaid's script does, and lets the test end the session.
const fakeLink = `window.Plaid = { create(options) {
	const style = document.createElement("style");
	style.textContent = ".fake-link { position: fixed; inset: 0 }";
	document.head.append(style);
	const cover = document.createElement("div");
	cover.className = "fake-link";
	window.fake = { options, opened: false, destroyed: false };
	return {
		open() {
			window.fake.opened = true;
			window.fake.address = location.href;
			document.body.append(cover);
			if (!window.deafLink) options.onLoad();
		},
		destroy() { window.fake.destroyed = true; cover.remove(); },
	};
} };`

func newDesk(t *testing.T, connections ...page.Connection) *desk {
	t.Helper()
	d := &desk{t: t, connections: connections, responses: map[string]func(http.ResponseWriter){}}
	p := pages(t)
	d.link = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.scriptAsked++
		if d.scriptGone {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, fakeLink)
	}))
	t.Cleanup(d.link.Close)
	mux := http.NewServeMux()
	mux.Handle("GET /relink/assets/", p.Assets())
	mux.HandleFunc("GET /relink/{token}", func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", page.CSP(d.link.URL+"/link.js"))
		if d.over {
			w.WriteHeader(http.StatusNotFound)
			_ = p.LinkOver(w, d.locale, r.PathValue("token"))
			return
		}
		_ = p.Relink(w, d.page())
	})
	mux.HandleFunc("GET /relink/return", func(w http.ResponseWriter, _ *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", page.CSP(d.link.URL+"/link.js"))
		back := d.page()
		back.Resume, back.Hosted = d.resume, d.hosted
		_ = p.Relink(w, back)
	})
	mux.HandleFunc("GET /hosted", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<p>Plaid’s own page")
	})
	mux.HandleFunc("POST /relink/t0k3n/{act}", func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		a := ask{path: r.PathValue("act"), raw: string(raw)}
		_ = json.Unmarshal(raw, &a.body)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.asked = append(d.asked, a)
		if respond := d.responses[a.path]; respond != nil {
			respond(w)
			return
		}
		switch a.path {
		case "link-token":
			_, _ = fmt.Fprintf(w, `{"link_token":"link-%d","expires_at":"2026-11-19T12:30:00Z"}`, len(d.asked))
		case "complete":
			_, _ = io.WriteString(w, `{"state":"connected","cause":"","incident":1}`)
		case "resume":
			_, _ = io.WriteString(w, `{"link_token":"link-before"}`)
		case "exit", "events":
			w.WriteHeader(http.StatusNoContent)
		}
	})
	d.server = httptest.NewServer(mux)
	t.Cleanup(d.server.Close)
	return d
}

// respond sets the response to a POST from now on. Nil restores the usual response.
func (d *desk) respond(path string, f func(w http.ResponseWriter)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.responses[path] = f
}

// refuse makes the api refuse link tokens, with a reason.
func (d *desk) refuse(reason string) {
	d.respond("link-token", func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"reason":"`+reason+`"}`)
	})
}

func (d *desk) heard(path string) []ask {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []ask
	for _, a := range d.asked {
		if a.path == path {
			found = append(found, a)
		}
	}
	return found
}

func (d *desk) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func says(body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) }
}

// tab is a phone's browser tab with the page.
type tab struct {
	t   *testing.T
	ctx context.Context
}

const recordViolations = `window.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));`

func (d *desk) open(before ...string) *tab {
	d.t.Helper()
	return d.openAt("/relink/t0k3n", before...)
}

func (d *desk) openAt(path string, before ...string) *tab {
	d.t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	d.t.Cleanup(stop)
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	d.t.Cleanup(cancel)
	require.NoError(d.t, chromedp.Do(ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2))))
	for _, script := range append(before, recordViolations) {
		_, err := chromedp.Call(limited, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		require.NoError(d.t, err)
	}
	require.NoError(d.t, chromedp.Do(limited, chromedp.Navigate(d.server.URL+path)))
	p := &tab{t: d.t, ctx: limited}
	require.LessOrEqual(d.t, eval[int](p, `document.documentElement.scrollWidth`), 390, "nothing is wider than the phone")
	return p
}

func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	require.NoError(p.t, err, expression)
	return v
}

// until waits for a condition in the page, or in the page that replaces it.
func (p *tab) until(expression string) {
	p.t.Helper()
	var last error
	met := func() bool {
		ctx, cancel := context.WithTimeout(p.ctx, 3*time.Second) // a document that the tab has left never responds
		defer cancel()
		var v bool
		v, last = chromedp.Run(ctx, chromedp.Evaluate[bool](`!!(`+expression+`)`))
		return last == nil && v
	}
	for end := time.Now().Add(patience); !met(); {
		if time.Now().After(end) {
			require.Fail(p.t, "the page does not meet the condition", "%s: %v\n%s", expression, last, eval[string](p, `document.body.innerText`))
		}
	}
}

func (p *tab) press(card int) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelectorAll("[data-connection]")[%d].querySelector("[data-go]")`, card))
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Click(fmt.Sprintf(`[data-connection]:nth-of-type(%d) [data-go]`, card+1))))
}

func (p *tab) opened() {
	p.t.Helper()
	p.until(`window.fake?.opened && !window.fake.destroyed`)
}

func (p *tab) succeed() {
	p.t.Helper()
	eval[chromedp.Void](p,
		`fake.options.onSuccess("public-sandbox-secret", { link_session_id: "session-1", institution: null, accounts: [] })`)
}

func (p *tab) leave(code string) {
	p.t.Helper()
	failure := "null"
	if code != "" {
		failure = fmt.Sprintf(`{ error_code: %q, error_type: "ITEM_ERROR", error_message: "", display_message: null }`, code)
	}
	eval[chromedp.Void](p,
		`fake.options.onExit(`+failure+`, { link_session_id: "session-1", status: "requires_credentials", institution: null })`)
}

// event reports an event as Link does.
func (p *tab) event(event, code string) {
	p.t.Helper()
	eval[chromedp.Void](p, fmt.Sprintf(`fake.options.onEvent(%q, {
		link_session_id: "session-1", view_name: "CREDENTIAL", error_code: %q, timestamp: "2026-11-19T12:00:00Z",
	})`, event, code))
}

func (p *tab) readsIn(card int, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.querySelectorAll("[data-connection]")[%d].innerText.includes(%q)`, card, text))
}

func (p *tab) reads(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.body.innerText.includes(%q)`, text))
}

func (p *tab) keptThePolicy() {
	p.t.Helper()
	require.Empty(p.t, eval[[]string](p, `violations`))
}
