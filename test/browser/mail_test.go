//go:build browser

package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func TestMail_buttonOpensThePage(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	_, mail := h.incident(t, ctx, blueBottle("reader", "owner@bluebottle.example"))
	p := h.open(t, phone, h.Client.Mailbox+"/view/"+mail.ID)
	p.reads("Action needed: reconnect First Platypus Bank", "owner@bluebottle.example")
	mailFrame := frame{p, `iframe[title="The mail as HTML"]`}
	mailFrame.reads("Hello Ada,", "The bank connection of Blue Bottle has stopped working.", "Reconnect First Platypus Bank")
	require.LessOrEqual(t, mailFrame.number("html", "scrollWidth"), mailFrame.number("html", "clientWidth"), "the mail fits the phone")
	eval[chromedp.Void](p, `document.querySelector("header").scrollIntoView(); scrollBy(0, -6)`)
	p.shot("mail.png")

	opened := chromedp.WaitNewTarget(p.ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/relink/") })
	mailFrame.tap(`a[href*="/relink/"]`)
	var id target.ID
	select {
	case id = <-opened:
	case <-p.ctx.Done():
		require.NoError(t, p.ctx.Err(), "the button opened no tab")
	}
	tabCtx, closeTab := chromedp.NewContext(p.ctx, chromedp.WithTargetID(id))
	t.Cleanup(closeTab)
	page := attach(t, tabCtx, &recorder{})
	page.reads("For Blue Bottle", "First Platypus Bank stopped accepting the saved sign-in")
	require.True(t, eval[bool](page, `opener === null && document.referrer === ""`), "the page learns nothing of the mailbox")
	require.Empty(t, p.trouble())
	require.Equal(t, []string{hostOf(t, h.Client.Mailbox)}, p.hosts(t))
}

// number returns a property of an element.
func (f frame) number(selector, property string) int {
	f.t.Helper()
	node, err := f.node(f.ctx)
	require.NoError(f.t, err)
	n, err := chromedp.Run(f.ctx, chromedp.JavascriptAttribute[int](chromedp.CSS(selector), property, chromedp.FromNode(node)))
	require.NoError(f.t, err)
	return n
}
