//go:build browser

package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/device"
	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

// tab is a tab of the browser, with the size of a phone or a desktop.
type tab struct {
	*recorder
	t   *testing.T
	ctx context.Context
}

var (
	phone = chromedp.Emulate(iPhone())
	desk  = chromedp.EmulateViewport(1280, 1100)
)

// iPhone has two dots per pixel and not three, which makes the screenshots large enough.
func iPhone() device.Info {
	info := device.IPhone13.Device()
	info.Scale = 2
	return info
}

// open opens a URL in a new browser without cookies. The tab closes with the test.
func (h *suite) open(t *testing.T, screen chromedp.Action[chromedp.Void], url string) *tab {
	t.Helper()
	w := &recorder{}
	ctx, closeTab := chromedp.NewContext(h.chromium, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.see))
	t.Cleanup(closeTab)
	p := attach(t, ctx, w)
	require.NoError(t, chromedp.Do(p.ctx, screen))
	p.goTo(url)
	return p
}

// attach makes a tab of a context. The context's first action must have no deadline, because its end would close the
// tab.
func attach(t *testing.T, ctx context.Context, w *recorder) *tab {
	t.Helper()
	require.NoError(t, chromedp.Do(ctx), "open a tab")
	limited, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	return &tab{w, t, limited}
}

func (p *tab) goTo(url string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Navigate(url)))
}

// eval returns the value of a JavaScript expression in the page, not in its frames.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	require.NoError(p.t, err, expression)
	return v
}

// until waits until look returns true. If it never does, the test fails with the page's text.
func (p *tab) until(what string, look func(ctx context.Context) (bool, error)) {
	p.t.Helper()
	if err := blackbox.Await(p.ctx, what, look); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), 5*time.Second)
		defer cancel()
		shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
		require.NoError(p.t, err, "the page shows:\n%s", shown)
	}
}

// reads waits until the page's visible text has all the texts.
func (p *tab) reads(texts ...string) {
	p.t.Helper()
	p.readsIn(`document.body`, texts...)
}

// readsIn is reads for the element that a JavaScript expression returns.
func (p *tab) readsIn(element string, texts ...string) {
	p.t.Helper()
	p.until("the page to read "+strings.Join(texts, " | "), func(ctx context.Context) (bool, error) {
		shown, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(`+element+`)?.innerText ?? ""`))
		return err == nil && hasAll(shown, texts), err
	})
}

func hasAll(shown string, texts []string) bool {
	shown = strings.Join(strings.Fields(shown), " ")
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			return false
		}
	}
	return true
}

func (p *tab) tap(selector string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.Tap(chromedp.CSS(selector), chromedp.NodeVisible)), "tap %s", selector)
}

// frame is a page inside a tab's page: Link's, or a mail in the mailbox.
type frame struct {
	*tab
	selector string // of its iframe
}

func (p *tab) link() frame { return frame{p, `iframe[title^="Plaid Link"]`} }

// node finds the iframe anew, because each load makes another document.
func (f frame) node(ctx context.Context) (*chromedp.Node, error) {
	found, err := chromedp.Run(ctx, chromedp.Nodes(chromedp.CSS(f.selector), chromedp.NodeVisible))
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func (f frame) reads(texts ...string) {
	f.t.Helper()
	f.until("the frame to read "+strings.Join(texts, " | "), func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second) // a document that was replaced never responds
		defer cancel()
		node, err := f.node(ctx)
		if err != nil {
			return false, err
		}
		shown, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("body"), chromedp.FromNode(node)))
		return err == nil && hasAll(shown, texts), err
	})
}

func (f frame) do(what string, act func(in chromedp.QueryOption) chromedp.Action[chromedp.Void]) {
	f.t.Helper()
	node, err := f.node(f.ctx)
	require.NoError(f.t, err)
	require.NoError(f.t, chromedp.Do(f.ctx, act(chromedp.FromNode(node))), what)
}

func (f frame) tap(selector string) {
	f.t.Helper()
	f.do("tap "+selector, func(in chromedp.QueryOption) chromedp.Action[chromedp.Void] {
		return chromedp.Tap(chromedp.CSS(selector), in, chromedp.NodeVisible)
	})
}

func (f frame) enter(selector, text string) {
	f.t.Helper()
	f.do("type into "+selector, func(in chromedp.QueryOption) chromedp.Action[chromedp.Void] {
		return chromedp.SendKeys(chromedp.CSS(selector), text, in, chromedp.NodeVisible)
	})
}

const painted = `document.fonts.ready.then(() => new Promise((done) => ` +
	`requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`

// shot stores a picture of the tab.
func (p *tab) shot(name string) {
	p.t.Helper()
	// After two more frames everything is painted, in its own font.
	_, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](painted, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	require.Less(p.t, len(png), 200<<10, "%s is too large for a README", name)
	dir := *shotsDir
	if dir == "" {
		dir = p.t.TempDir()
	}
	require.NoError(p.t, os.MkdirAll(dir, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name), png, 0o644))
}
