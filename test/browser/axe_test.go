//go:build browser

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"relink/internal/devstack/scratch"
)

// axeSource returns axe-core's script, in the version that axe/package-lock.json names.
var axeSource = sync.OnceValues(func() (string, error) {
	dir, err := scratch.New("axe")
	if err != nil {
		return "", err
	}
	defer func() { _ = dir.Remove() }()
	for _, name := range []string{"package.json", "package-lock.json"} {
		pinned, err := os.ReadFile(filepath.Join("axe", name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir.Path, name), pinned, 0o600); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir.Path
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci of test/browser/axe (Debian: apt-get install npm): %w: %s", err, out)
	}
	source, err := os.ReadFile(filepath.Join(dir.Path, "node_modules", "axe-core", "axe.min.js"))
	return string(source), err
})

// axe checks the page against WCAG 2 A and AA and axe-core's own rules. It fails the test for a serious violation. The
// debugger runs the script, because the page's policy does not allow it.
func (p *tab) axe(t *testing.T, what string) {
	t.Helper()
	source, err := axeSource()
	require.NoError(t, err)
	_, err = chromedp.Run(p.ctx, chromedp.Evaluate[bool](source+"; true"))
	require.NoError(t, err)
	found, err := chromedp.Run(p.ctx,
		chromedp.Evaluate[string](`axe.run(document, { iframes: false, resultTypes: ["violations"] }).then((r) => JSON.stringify({
		rules: r.passes.length, serious: r.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
			.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).join("; ")) }))`,
			chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	var result struct {
		Rules   int      `json:"rules"`
		Serious []string `json:"serious"`
	}
	require.NoError(t, json.Unmarshal([]byte(found), &result))
	require.Greater(t, result.Rules, 8, "%s: axe checked nothing", what)
	require.Empty(t, result.Serious, "%s:\n%s", what, strings.Join(result.Serious, "\n"))
}

// night shows the page in the dark scheme.
func (p *tab) night() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	require.NoError(p.t, err)
}

func TestAxe_findsNothingSeriousOnTheMerchantsPages(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	_, mail := h.incident(t, ctx, blueBottle("axe", "axe@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	p.reads("Reconnect First Platypus Bank")
	p.axe(t, "ready")
	eval[chromedp.Void](p, `document.querySelector("details").open = true`)
	p.axe(t, "ready, with the details open")
	p.shot("details.png")

	p.tap("[data-go]")
	l := p.link()
	l.reads("Log in to First Platypus Bank")
	p.axe(t, "behind Link")
	l.tap("#close")
	p.reads("Try again")
	p.axe(t, "Link closed")
	p.night()
	p.axe(t, "Link closed, at night")
	p.shot("closed-night.png")

	p.tap("[data-go]")
	l.signIn()
	p.reads("Connected. You can close this page.")
	p.axe(t, "connected, at night")
	p.goTo(deepLink(t, mail))
	p.reads("Everything is connected")
	p.axe(t, "everything is connected, at night")

	raw, err := h.Client.RawMail(ctx, mail.ID)
	require.NoError(t, err)
	stop := ""
	for _, link := range links(t, raw, mail) {
		if strings.Contains(link, "/unsubscribe/") {
			stop = link
		}
	}
	require.NotEmpty(t, stop)
	p.goTo(stop)
	p.reads("Stop the reminders?")
	p.axe(t, "unsubscribe")
}

func TestAxe_findsNothingSeriousOnTheOperatorsPages(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, _ := h.incident(t, ctx, blueBottle("axe-ops", "axe-ops@bluebottle.example"))
	p := h.open(t, desk, h.Client.API+"/ops/items/"+it.ID)
	p.reads("Who are you?")
	p.axe(t, "sign in")
	p.tap(`button[value="olga"]`)
	p.reads("Incident 1 opened")
	p.axe(t, "timeline")
	p.goTo(h.Client.API + "/ops")
	p.reads("Olga ops")
	p.axe(t, "overview")
	p.goTo(h.Client.API + "/signout")
	p.axe(t, "sign out")
}
