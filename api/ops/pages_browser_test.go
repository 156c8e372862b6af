//go:build browser

// This file tests the pages in a real browser, under their real policy: go test -tags browser ./api/ops
// It needs Chromium on PATH.
package ops_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"relink/api/ops"
)

var shots = flag.String("shots", "", "folder to keep the screenshots in; without it none are made")

const recordViolations = `window.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));`

// faint returns the texts whose contrast to their background is below WCAG AA's 4.5.
const faint = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = color;
		canvas.fillRect(0, 0, 1, 1);
		return canvas.getImageData(0, 0, 1, 1).data;
	};
	const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	const light = ([r, g, b]) => [r, g, b].map(linear).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const c = rgba(getComputedStyle(e).backgroundColor);
			if (c[3] === 255) return c;
		}
		return rgba("white");
	};
	const hasText = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility();
	return [...document.querySelectorAll("body *")].filter(hasText).filter((e) => {
		const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
		return (a + 0.05) / (b + 0.05) < 4.5;
	}).map((e) => e.className + ": " + e.innerText);
})()`

func startChromium(t *testing.T) context.Context {
	t.Helper()
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("hide-scrollbars", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(stop)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	require.NoError(t, chromedp.Do(ctx))
	return ctx
}

func TestPages_fitPhoneAndDeskInBothSchemes(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	p := pages(t)
	mux := http.NewServeMux()
	mux.Handle("GET /ops/assets/", p.Assets())
	show := everyPage(t)
	for name, page := range show {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", ops.CSP)
			_, _ = w.Write([]byte(page))
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for name := range show {
		widths := []int64{320, 390, 820, 1280}
		if name != "overview" && name != "item" {
			widths = widths[1:2] // all message pages look alike
		}
		for _, width := range widths {
			for _, scheme := range []string{"light", "dark"} {
				what := fmt.Sprintf("%s-%d-%s", name, width, scheme)
				ctx, closeTab := chromedp.NewContext(browser)
				require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900, chromedp.EmulateScale(2))), what)
				limited, cancel := context.WithTimeout(ctx, 30*time.Second)
				_, err := chromedp.Call(limited, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				require.NoError(t, err, what)
				_, err = chromedp.Call(limited, cdppage.AddScriptToEvaluateOnNewDocument,
					cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: recordViolations})
				require.NoError(t, err)
				require.NoError(t, chromedp.Do(limited, chromedp.Navigate(server.URL+"/"+name)), what)
				eval := func(expression string, into any) {
					t.Helper()
					switch into := into.(type) {
					case *int:
						*into, err = chromedp.Run(limited, chromedp.Evaluate[int](expression))
					case *[]string:
						*into, err = chromedp.Run(limited, chromedp.Evaluate[[]string](expression))
					}
					require.NoError(t, err, what)
				}
				var wide int
				eval(`document.documentElement.scrollWidth`, &wide)
				require.LessOrEqual(t, wide, int(width), what+": nothing is wider than the screen")
				eval(`document.querySelector(".bar").offsetHeight`, &wide)
				require.LessOrEqual(t, wide, 64, what+": the bar is one line")
				var violations, faintTexts []string
				eval(`violations`, &violations)
				require.Empty(t, violations, what)
				eval(faint, &faintTexts)
				require.Empty(t, faintTexts, what)
				if *shots != "" {
					png, err := chromedp.Run(limited, chromedp.FullScreenshot(100))
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(filepath.Join(*shots, what+".png"), png, 0o644))
				}
				cancel()
				closeTab()
			}
		}
	}
}
