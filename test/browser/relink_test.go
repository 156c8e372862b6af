//go:build browser

package browser

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

func TestRelink_repairsTheConnectionOnAPhone(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("phone", "phone@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	p.reads("For Blue Bottle", "First Platypus Bank stopped accepting the saved sign-in", "Reconnect First Platypus Bank")
	require.Equal(t, []any{390.0, 844.0, true}, eval[[]any](p, `[innerWidth, innerHeight, "ontouchstart" in window]`))
	require.LessOrEqual(t, eval[int](p, `document.documentElement.scrollWidth`), 390, "nothing is wider than the phone")
	require.Equal(t, []string{hostOf(t, h.Client.API)}, p.hosts(t), "Plaid is asked for nothing before the merchant's tap")
	p.shot("page.png")

	p.tap("[data-go]")
	l := p.link()
	l.reads("Log in to First Platypus Bank")
	p.shot("link.png")
	l.enter("#username", "user_good")
	l.enter("#password", "wrong")
	l.tap("#credentials button")
	l.reads("The provided credentials were not correct. Please try again.")
	l.enter("#password", "mfa_device")
	l.tap("#credentials button")
	l.reads("Send the code by")
	l.tap("#device button")
	l.reads("One-time code")
	l.enter("#otp", "1234")
	l.tap("#code button")
	l.reads("Success", "First Platypus Bank is connected again to relink.")
	l.tap("#finish")

	p.reads("First Platypus Bank is connected", "Connected. You can close this page.")
	p.shot("connected.png")
	it, err := h.Client.Item(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, "connected", it.State, "the page says it no sooner than /v1")
	require.Empty(t, p.trouble())
	require.Equal(t, []string{hostOf(t, h.Client.API), hostOf(t, h.Client.Sandbox)}, p.hosts(t))
	require.True(t, p.hasAsked("/link/session/credentials"), "Link's frame was watched as well")
}

func TestRelink_closedLinkIsExplainedAndTriedAgain(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("hesitant", "hesitant@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	l := p.link()

	p.tap("[data-go]")
	l.reads("Log in to First Platypus Bank")
	l.tap("#close")
	p.reads("The window was closed before First Platypus Bank was connected.", "you can try again whenever you like", "Try again")
	p.shot("closed.png")
	left, err := h.Client.AwaitMoment(ctx, it.ID, "relink_exited", 1)
	require.NoError(t, err)
	require.Contains(t, string(left.Data), "requires_credentials", "support can read how far the merchant came")
	it, err = h.Client.Item(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, "login_required", it.State)

	p.tap("[data-go]")
	l.reads("Log in to First Platypus Bank")
	l.enter("#username", "user_good")
	l.enter("#password", "pass_good")
	l.tap("#credentials button")
	l.reads("Success")
	l.tap("#finish")
	p.reads("First Platypus Bank is connected", "Connected. You can close this page.")
	_, err = h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	require.Empty(t, p.trouble())

	p.goTo(deepLink(t, mail))
	p.reads("Everything is connected", "There is nothing for you to do.")
	require.Zero(t, eval[int](p, `document.querySelectorAll("button").length`))
	p.shot("already.png")
	require.Empty(t, p.trouble())
}

func TestRelink_expiredLinkSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	_, mail := h.incident(t, ctx, blueBottle("forged", "forged@bluebottle.example"))
	good := deepLink(t, mail)
	for name, dead := range map[string]string{
		"altered": good[:len(good)-2] + "AA",
		"unknown": h.Client.API + "/relink/AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		p := h.open(t, phone, dead)
		p.reads("This link is no longer valid", "Open the newest mail from us and use the link in it.", "Mail me a fresh link")
		require.NotContains(t, eval[string](p, `document.documentElement.outerHTML`), "Platypus", name)
		require.Equal(t, []string{hostOf(t, h.Client.API)}, p.hosts(t))
		require.Equal(t, []string{"network: Failed to load resource: the server responded with a status of 404 (Not Found)"}, p.trouble())
		p.shot("dead-" + name + ".png")
	}
}

func TestRelink_listsEveryBrokenConnection(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	m := blueBottle("chain", "chain@bluebottle.example")
	banks := map[string]string{"ins_109508": "First Platypus Bank", "ins_109511": "Tartan Bank", "ins_109512": "Houndstooth Bank"}
	var last blackbox.Item
	for institution := range banks {
		last = h.broken(t, ctx, institution, m)
	}
	mail, err := h.Client.AwaitMail(ctx, m.Email, 1)
	require.NoError(t, err)

	p := h.open(t, phone, deepLink(t, mail))
	p.reads("3 bank connections need you")
	names := eval[[]string](p, `[...document.querySelectorAll("[data-connection]")].map((c) => c.dataset.bank)`)
	require.ElementsMatch(t, []string{"First Platypus Bank", "Tartan Bank", "Houndstooth Bank"}, names)
	require.LessOrEqual(t, eval[int](p, `document.documentElement.scrollWidth`), 390)
	p.shot("three.png")

	p.tap(`[data-item-id="` + last.ID + `"] [data-go]`)
	l := p.link()
	l.reads("Log in to " + last.Institution)
	l.enter("#username", "user_good")
	l.enter("#password", "pass_good")
	l.tap("#credentials button")
	l.reads("Success")
	l.tap("#finish")
	p.reads(last.Institution+" is connected", "Connected. Please go on with the next bank.", "2 bank connections still need you")
	require.Equal(t, 2, eval[int](p, `document.querySelectorAll("[data-go]:not([aria-disabled])").length`))
	p.shot("two-left.png")
	require.Empty(t, p.trouble())
}
