//go:build browser

package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func TestOpsPages_signInTimelineAndSignOut(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, _ := h.incident(t, ctx, blueBottle("people", "people@bluebottle.example"))
	press := func(p *tab, selector string) {
		t.Helper()
		require.NoError(t, chromedp.Do(p.ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)), "press %s", selector)
	}

	p := h.open(t, desk, h.Client.API+"/ops/items/"+it.ID)
	p.reads("Who are you?", "This is the development issuer.", "Olga", "Uma", "Sam")
	p.shot("signin.png")
	press(p, `button[value="olga"]`)
	p.reads("Blue Bottle", "Login required", "Incident 1 opened: the bank refuses the saved sign-in",
		"A reminder went to the merchant", "Enrolled")
	require.Equal(t, "/ops/items/"+it.ID, eval[string](p, `location.pathname + location.search`), "no code stays in the address")
	p.shot("timeline.png")

	press(p, `.back a`)
	p.reads("need", "Need somebody", "Blue Bottle", "Olga ops")
	p.shot("ops.png")

	press(p, `.me button`)
	p.reads("You are signed out")
	p.goTo(h.Client.API + "/ops")
	p.reads("Who are you?")
	press(p, `button[value="mona"]`)
	p.reads("Your role does not open this page", "You are signed in as merchant.")
	require.Equal(t, []string{"network: Failed to load resource: the server responded with a status of 403 (Forbidden)"},
		p.trouble(), "and no policy was broken")
	require.ElementsMatch(t, []string{hostOf(t, h.Client.API), hostOf(t, h.Env["OIDC_ISSUER"])}, p.hosts(t))

	q := h.open(t, phone, h.Client.API+"/ops/items/"+it.ID)
	q.reads("Who are you?")
	require.LessOrEqual(t, eval[int](q, `document.documentElement.scrollWidth`), 390)
	q.shot("signin-phone.png")
	q.tap(`button[value="uma"]`)
	q.reads("Incident 1 opened")
	require.LessOrEqual(t, eval[int](q, `document.documentElement.scrollWidth`), 390)
	q.shot("timeline-phone.png")
	require.Empty(t, q.trouble())
}
