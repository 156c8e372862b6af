//go:build browser

package browser

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

const oauthBank = "ins_127287"

// url returns the tab's address.
func (p *tab) url() string {
	p.t.Helper()
	return eval[string](p, `location.href`)
}

func TestBankPages_leadBackAndLinkGoesOn(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.breakAt(t, ctx, oauthBank, blueBottle("oauth", "oauth@bluebottle.example"))
	link := deepLink(t, mail)
	p := h.open(t, phone, link)
	p.tap("[data-go]")
	l := p.link()
	l.reads("Platypus OAuth Bank")
	l.tap("#continue")
	p.reads("asks for access to your accounts")
	require.Equal(t, hostOf(t, h.Client.Sandbox), hostOf(t, p.url()), "the bank has the whole window")
	p.axe(t, "the local bank's page")
	p.tap("#share")
	p.until("the return", func(context.Context) (bool, error) { return p.hasAsked("/relink/return"), nil })
	l.reads("Success", "Platypus OAuth Bank is connected again")
	require.Equal(t, link, p.url(), "the bank's state is no longer in the address")
	l.tap("#finish")
	p.reads("Platypus OAuth Bank is connected", "Connected. You can close this page.")
	p.shot("returned.png")
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	require.Empty(t, p.trouble())
}

func TestReturn_toAnotherBrowserAsksToOpenTheMailAgain(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.breakAt(t, ctx, oauthBank, blueBottle("elsewhere", "elsewhere@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	p.tap("[data-go]")
	l := p.link()
	l.reads("Platypus OAuth Bank")
	l.tap("#continue")
	p.reads("asks for access to your accounts")

	other := h.open(t, phone, p.url())
	other.reads("asks for access to your accounts")
	other.tap("#share")
	other.reads("Please open the mail again", "Open our mail once more and tap its button.")
	require.NotContains(t, eval[string](other, `document.documentElement.outerHTML`), "Platypus", "the page reveals nothing to a stranger")
	other.shot("elsewhere.png")
	other.axe(t, "elsewhere")
	require.Empty(t, other.trouble())

	other.goTo(deepLink(t, mail))
	other.reads("Reconnect Platypus OAuth Bank")
	other.tap("[data-go]")
	l = other.link()
	l.reads("Platypus OAuth Bank")
	l.tap("#continue")
	other.reads("asks for access to your accounts")
	other.tap("#share")
	l.reads("Success")
	l.tap("#finish")
	other.reads("Platypus OAuth Bank is connected", "Connected. You can close this page.")
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
}

func TestHostedLink_isPlaidsOwnPageAndLeadsBack(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	m := blueBottle("hosted", "hosted@bluebottle.example")
	it, mail := h.breakAt(t, ctx, "ins_109508", m)
	require.NoError(t, blackbox.Call(ctx, "PATCH", h.Client.API+"/v1/merchants/"+m.ID, h.Client.Bearer,
		map[string]any{"hosted_link": true}, nil))
	p := h.open(t, phone, deepLink(t, mail))

	p.tap("[data-go]")
	p.reads("Log in to First Platypus Bank")
	require.Equal(t, hostOf(t, h.Client.Sandbox), hostOf(t, p.url()))
	p.axe(t, "Hosted Link")
	p.tap("#close")
	p.reads("If you stopped before, please try again.")
	require.Equal(t, deepLink(t, mail), p.url())
	p.shot("hosted-left.png")

	p.tap("[data-go]")
	p.reads("Log in to First Platypus Bank")
	p.enter("#username", "user_good")
	p.enter("#password", "pass_good")
	p.tap("#credentials button")
	p.reads("Success")
	p.tap("#finish")
	p.reads("First Platypus Bank is connected", "Connected. You can close this page.")
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	require.Empty(t, p.trouble())
}

func (p *tab) enter(selector, text string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p.ctx, chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible)), "type into %s", selector)
}

func TestBankDown_whileLinkIsOpenIsExplained(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	const bank = "ins_109509" // no other test's
	_, mail := h.breakAt(t, ctx, bank, blueBottle("going-down", "going-down@bluebottle.example"))
	p := h.open(t, phone, deepLink(t, mail))
	p.reads("Reconnect First Gingham Credit Union")
	require.NoError(t, h.Client.Bank(ctx, bank, "DOWN"))
	p.tap("[data-go]")
	p.link().tap("#close")
	p.reads("First Gingham Credit Union is not answering at the moment", "We will write to you when it is back.")
	require.Zero(t, eval[int](p, `document.querySelectorAll("[data-go]:not([hidden])").length`))
}

func TestBankDown_isNotOfferedUntilItIsBack(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	const bank = "ins_109510" // no other test's
	it, mail := h.breakAt(t, ctx, bank, blueBottle("down", "down@bluebottle.example"))
	link := deepLink(t, mail)
	// Plaid is asked about a bank once a minute at most.
	awaitPage := func(part string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
		defer cancel()
		require.NoError(t, blackbox.Await(ctx, "a page with "+part, func(ctx context.Context) (bool, error) {
			html, err := blackbox.Page(ctx, link)
			return strings.Contains(html, part), err
		}))
	}
	require.NoError(t, h.Client.Bank(ctx, bank, "DOWN"))
	awaitPage(`data-phase="held"`)
	p := h.open(t, phone, link)
	p.reads("Bank is down", "Tattersall Federal Credit Union is not answering at the moment", "We will write to you when it is back.")
	require.Zero(t, eval[int](p, `document.querySelectorAll("button").length`))
	p.shot("bank-down.png")
	p.axe(t, "bank down")

	require.NoError(t, h.Client.Bank(t.Context(), bank, "HEALTHY"))
	awaitPage(`data-phase="ready"`)
	now, err := h.Client.Item(t.Context(), it.ID)
	require.NoError(t, err)
	require.Equal(t, "login_required", now.State)
}
