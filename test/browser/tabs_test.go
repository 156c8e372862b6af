//go:build browser

package browser

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/devstack/scratch"
)

// beside opens a second tab in the same browser.
func (p *tab) beside(page string) *tab {
	p.t.Helper()
	w := &recorder{}
	ctx, closeTab := chromedp.NewContext(p.ctx, chromedp.WithListener(w.see))
	p.t.Cleanup(closeTab)
	second := attach(p.t, ctx, w)
	require.NoError(p.t, chromedp.Do(second.ctx, phone))
	second.goTo(page)
	return second
}

// signIn completes Link's two panes with credentials that the bank accepts.
func (f frame) signIn() {
	f.t.Helper()
	f.reads("Log in to")
	f.enter("#username", "user_good")
	f.enter("#password", "pass_good")
	f.tap("#credentials button")
	f.reads("Success")
	f.tap("#finish")
}

func TestTabs_twoOfOneMerchantAgree(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	_, mail := h.incident(t, ctx, blueBottle("tabs", "tabs@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	second := p.beside(deepLink(t, mail))
	second.reads("Reconnect First Platypus Bank")
	_, err := chromedp.Call(p.ctx, cdppage.BringToFront, cdp.Empty{})
	require.NoError(t, err)
	p.tap("[data-go]")
	p.link().signIn()
	p.reads("Connected. You can close this page.")
	second.reads("First Platypus Bank is connected", "It works already: there is nothing left to do here.")
	require.Zero(t, eval[int](second, `document.querySelectorAll("button").length`))
}

func TestTabs_repairElsewhereIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("healed", "healed@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	p.reads("Reconnect First Platypus Bank")
	h.relinked(t, ctx, it, deepLink(t, mail))
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	p.tap("[data-go]")
	p.reads("First Platypus Bank is connected", "It works already: there is nothing left to do here.")
	require.False(t, p.hasAsked("/link/session"), "Link was not opened")
}

func TestTabs_closedAfterSuccessLosesNothing(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("gone", "gone@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	p.tap("[data-go]")
	l := p.link()
	l.reads("Log in to First Platypus Bank")
	l.enter("#username", "user_good")
	l.enter("#password", "pass_good")
	l.tap("#credentials button")
	l.reads("First Platypus Bank is connected again")
	l.tap("#finish")
	p.goTo("about:blank") // the page is left while it may still wait
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
}

func TestLinkToken_thatPlaidRefusesIsReplaced(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("spent", "spent@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	// The first response simulates a page that was open too long.
	eval[chromedp.Void](p, `(() => {
		const real = window.fetch;
		let first = true;
		window.fetch = async (url, options) => {
			const response = await real(url, options);
			if (!first || !String(url).endsWith("/link-token")) return response;
			first = false;
			return new Response(JSON.stringify({ link_token: "link-sandbox-00000000-0000-0000-0000-000000000000" }), { status: 200 });
		};
	})()`)
	p.tap("[data-go]")
	l := p.link()
	p.until("Link to refuse the first token, or to open with the second", func(ctx context.Context) (bool, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[bool](`!!document.querySelector('iframe[title^="Plaid Link"]')`))
	})
	l.reads("This link cannot be opened")
	l.tap("#leave")
	l.signIn()
	p.reads("First Platypus Bank is connected", "Connected. You can close this page.")
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
}

// links returns all our links of a mail, headers included.
func links(t *testing.T, raw string, mail blackbox.Mail) []string {
	t.Helper()
	found := map[string]bool{}
	for _, text := range []string{strings.ReplaceAll(raw, "=\r\n", ""), mail.Text, strings.ReplaceAll(mail.HTML, "&amp;", "&")} {
		for _, link := range regexp.MustCompile(`https?://[^\s"<>]+/(?:relink|unsubscribe)/[A-Za-z0-9_.-]+`).FindAllString(text, -1) {
			found[link] = true
		}
	}
	var all []string
	for link := range found {
		all = append(all, link)
	}
	return all
}

func TestScanner_thatOpensEveryLinkChangesNothing(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("scanned", "scanned@bluebottle.example"))
	raw, err := h.Client.RawMail(ctx, mail.ID)
	require.NoError(t, err)
	all := links(t, raw, mail)
	require.GreaterOrEqual(t, len(all), 2, "the button's and the one to unsubscribe: %v", all)
	_, err = h.Client.AwaitMoment(ctx, it.ID, "mail_sent", 1) // it is recorded shortly after the mail has arrived
	require.NoError(t, err)
	before, err := h.Client.Timeline(ctx, it.ID)
	require.NoError(t, err)
	for range 2 {
		for _, link := range all {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				require.Equal(t, http.StatusOK, status(t, method, link), "%s %s", method, link)
			}
		}
	}
	now, err := h.Client.Timeline(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, before, now)
	mails, err := h.Client.Mails(ctx, "scanned@bluebottle.example")
	require.NoError(t, err)
	require.Len(t, mails, 1)
}

func status(t *testing.T, method, link string) int {
	t.Helper()
	code, _ := answer(t, method, link)
	return code
}

func answer(t *testing.T, method, link string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, link, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode, string(body)
}

func TestDeepLink_madeUpAndExpiredLookTheSame(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	_, mail := h.incident(t, ctx, blueBottle("twins", "twins@bluebottle.example"))
	good := deepLink(t, mail)
	dead, madeUp := good[:len(good)-2]+"AA", h.Client.API+"/relink/made-up"
	var pages []string
	for _, link := range []string{dead, madeUp} {
		code, body := answer(t, http.MethodGet, link)
		require.Equal(t, http.StatusNotFound, code)
		pages = append(pages, strings.ReplaceAll(body, link[strings.LastIndexByte(link, '/')+1:], ""))
	}
	require.Equal(t, pages[0], pages[1])

	p := h.open(t, phone, dead)
	p.reads("This link is no longer valid", "Mail me a fresh link")
	p.axe(t, "link over")
	p.shot("over.png")
	p.tap("button")
	p.reads("Please look into your mail", "If this link was one of ours, a fresh one is on its way to the address on file.")
	p.axe(t, "fresh mail")
	asked := eval[string](p, `document.documentElement.outerHTML`)
	p.goTo(madeUp)
	p.tap("button")
	p.reads("Please look into your mail")
	require.Equal(t, asked, eval[string](p, `document.documentElement.outerHTML`), "asked for a fresh mail, both answer the same")
	mails, err := h.Client.Mails(ctx, "twins@bluebottle.example")
	require.NoError(t, err)
	require.Len(t, mails, 1, "a forged link asks for nothing")
}

func TestPage_isLightWithoutPlaid(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	_, mail := h.incident(t, ctx, blueBottle("light", "light@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	size := eval[int](p, `performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
		.filter((e) => e.name.startsWith(location.origin)).reduce((sum, e) => sum + e.decodedBodySize, 0)`)
	require.Positive(t, size)
	require.Less(t, size, 100_000)
	require.Equal(t, []string{hostOf(t, h.Client.API)}, p.hosts(t), "no third party is needed to paint")
}

// TestRelink_worksWithThirdPartyCookiesBlocked opens the page under another name than Link's: for the browser,
// 127.0.0.1 and localhost are different sites.
func TestRelink_worksWithThirdPartyCookiesBlocked(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("cookies", "cookies@bluebottle.example"))
	path, err := findChromium()
	require.NoError(t, err)
	dir, err := scratch.New("cookies")
	require.NoError(t, err)
	ending.push(dir.Remove)
	prefs, err := json.Marshal(map[string]any{"profile": map[string]any{"cookie_controls_mode": 1, "block_third_party_cookies": true}})
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir.Path, "Default"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir.Path, "Default", "Preferences"), prefs, 0o600))
	// Another site's frame would be a process of its own, whose text the test cannot read.
	strict, err := startChromium(path, dir.Path,
		chromedp.Flag("disable-features", "Translate,IsolateSandboxedIframes,site-per-process,IsolateOrigins"),
		chromedp.Flag("disable-site-isolation-trials", true))
	require.NoError(t, err)
	open := func(page string) *tab {
		t.Helper()
		w := &recorder{}
		tabCtx, closeTab := chromedp.NewContext(strict, chromedp.WithListener(w.see))
		t.Cleanup(closeTab)
		p := attach(t, tabCtx, w)
		require.NoError(t, chromedp.Do(p.ctx, phone))
		p.goTo(page)
		return p
	}

	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<script>document.cookie = "probe=1"; parent.postMessage(document.cookie || "no cookie", "*")</script>`)
	}))
	t.Cleanup(inner.Close)
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w,
			`<p></p><script>addEventListener("message", (e) => document.querySelector("p").textContent = e.data)</script>`+
				`<iframe src="`+inner.URL+`"></iframe>`)
	}))
	t.Cleanup(outer.Close)
	open(strings.Replace(outer.URL, "127.0.0.1", "localhost", 1)).reads("no cookie")

	p := open(strings.Replace(deepLink(t, mail), h.Client.API, h.underAnotherName(t), 1))
	p.tap("[data-go]")
	p.link().signIn()
	p.reads("First Platypus Bank is connected", "Connected. You can close this page.")
	_, err = h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
}

// underAnotherName returns a proxy that serves the api as http://localhost.
func (h *suite) underAnotherName(t *testing.T) string {
	t.Helper()
	api, err := url.Parse(h.Client.API)
	require.NoError(t, err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(api)
		if r.In.Header.Get("Origin") != "" {
			r.Out.Header.Set("Origin", h.Client.API) // the api accepts POSTs of its own pages only
		}
	}})
	t.Cleanup(proxy.Close)
	return strings.Replace(proxy.URL, "127.0.0.1", "localhost", 1)
}
