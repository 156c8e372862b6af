package page_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
	"relink/internal/item"
)

func get(t *testing.T, method, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	pages(t).Assets().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return w.Result()
}

// linked returns the paths of the assets that a page loads.
func linked(s shown) []string {
	return regexp.MustCompile(`/relink/assets/[^"]+`).FindAllString(s.markup, -1)
}

func TestAssets_mayBeKeptForever(t *testing.T) {
	t.Parallel()
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	paths := linked(relink(t, broken("Tartan Bank", item.Credentials)))
	require.Len(t, paths, 3)
	for _, path := range paths {
		r := get(t, http.MethodGet, path)
		require.Equal(t, http.StatusOK, r.StatusCode)
		require.Equal(t, "public, max-age=31536000, immutable", r.Header.Get("Cache-Control"))
		require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
		require.Equal(t, kinds[path[strings.LastIndexByte(path, '.'):]], r.Header.Get("Content-Type"))
		require.Regexp(t, `/relink/assets/[a-z]+\.[0-9a-f]{12}\.[a-z]+$`, path)
	}
}

func TestAssets_anotherVersionIsServedButNotKept(t *testing.T) {
	t.Parallel()
	r := get(t, http.MethodGet, "/relink/assets/relink.000000000000.css")
	require.Equal(t, http.StatusOK, r.StatusCode)
	require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
}

func TestAssets_nothingElseIsServed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/relink/assets/", "/relink/assets/relink.css", "/relink/assets/x.000000000000.css", "/relink/assets/../pages.go", "/relink.0.css",
	} {
		require.Equal(t, http.StatusNotFound, get(t, http.MethodGet, path).StatusCode, path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, get(t, http.MethodPost, "/relink/assets/relink.000000000000.css").StatusCode)
}

func TestRelink_isSmall(t *testing.T) {
	t.Parallel()
	var many []page.Connection
	for i := range 20 {
		many = append(many, broken(fmt.Sprintf("First Platypus Bank of Springfield %d", i), item.BankAction))
	}
	s := relink(t, many...)
	size := len(s.markup)
	for _, path := range linked(s) {
		size += int(get(t, http.MethodGet, path).ContentLength)
	}
	require.Less(t, size, 100_000, "twenty broken connections, with everything that is needed to paint")
}

// TestScript_findsEverySentenceInThePage proves that the script holds no sentences and takes each from the page, by
// name.
func TestScript_findsEverySentenceInThePage(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("assets/relink.js")
	require.NoError(t, err)
	defined := map[string]bool{}
	for _, n := range relink(t, broken("Tartan Bank", item.Credentials)).having("data-word") {
		defined[value(n, "data-word")] = true
		require.NotEmpty(t, textOf(n))
	}
	code := regexp.MustCompile(`(?m)//.*$`).ReplaceAllString(string(script), "")
	for name := range defined {
		require.Contains(t, code, `"`+name+`"`, "a word that is never shown")
	}
	notWords := []string{
		"ready", "opening", "opened", "verifying", "done", "stopped", "held", "ended", // phases, some of which are words too
		"link-token", "complete", "exit", "events", "resume", "ended", "no-store", "connected", // the contract
		"relink", "hosted", "script", "words", "true", "hidden", "visible", "aria-disabled", "aria-busy", "click", "message",
		"visibilitychange", "pagehide", "pageshow", "long", "numeric",
	}
	for _, m := range regexp.MustCompile(`"([a-z]+(?:-[a-z]+)*)"`).FindAllStringSubmatch(code, -1) {
		require.True(t, defined[m[1]] || slices.Contains(notWords, m[1]), "the script shows %q, which the page does not have", m[1])
	}
	require.NotRegexp(t, `innerHTML|insertAdjacentHTML|document\.write|eval\(`, code)
}

func TestScript_keepsThePublicTokenInTheBrowser(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("assets/relink.js")
	require.NoError(t, err)
	code := regexp.MustCompile(`(?m)//.*$`).ReplaceAllString(string(script), "")
	require.Len(t, regexp.MustCompile(`(?i)_?public_?token\b`).FindAllString(code, -1), 1, "only as the argument that is not used")
}

func TestStyle_coloursAreReadableInBothSchemes(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("assets/relink.css")
	require.NoError(t, err)
	light, dark, found := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	require.True(t, found)
	dark, _, found = strings.Cut(dark, "\n}\n")
	require.True(t, found)
	day := colours(light)
	night := colours(light)
	for name, c := range colours(dark) {
		night[name] = c
	}
	for scheme, c := range map[string]map[string]string{"light": day, "dark": night} {
		for _, pair := range [][2]string{
			{"ink", "ground"},
			{"ink", "card"},
			{"ink", "panel"},
			{"soft", "ground"},
			{"soft", "card"},
			{"soft", "panel"},
			{"on-accent", "accent"},
			{"on-accent", "accent-deep"},
			{"mark-ink", "mark"},
			{"wait-ink", "wait"},
			{"well-ink", "well"},
		} {
			require.GreaterOrEqual(t, contrast(t, c[pair[0]], c[pair[1]]), 4.5, "%s: %s on %s", scheme, pair[0], pair[1])
		}
		for _, ground := range []string{"ground", "card"} {
			require.GreaterOrEqual(t, contrast(t, c["accent"], c[ground]), 3.0, "%s: focus ring and button on %s", scheme, ground)
		}
	}
}

func colours(css string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(css, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// contrast returns WCAG 2's ratio of relative luminances.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	require.Len(t, colour, 6)
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(colour[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
