//go:build browser

package browser

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWebKit_repairsTheConnection(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("webkit", "webkit@bluebottle.example"))
	k := openWebKit(t, ctx, deepLink(t, mail))
	k.reads("First Platypus Bank stopped accepting the saved sign-in")
	k.tap("[data-go]")
	k.link("Log in to First Platypus Bank")
	k.enter("#username", "user_good")
	k.enter("#password", "pass_good")
	k.tap("#credentials button")
	k.link("First Platypus Bank is connected again to relink.")
	k.tap("#finish")
	k.leave()
	k.reads("Connected. You can close this page.")
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
}

func TestWebKit_bankPagesLeadBack(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.breakAt(t, ctx, oauthBank, blueBottle("webkit-oauth", "webkit-oauth@bluebottle.example"))
	link := deepLink(t, mail)
	k := openWebKit(t, ctx, link)
	k.tap("[data-go]")
	k.link("Platypus OAuth Bank")
	k.tap("#continue")
	k.leave()
	k.reads("asks for access to your accounts")
	k.tap("#share")
	k.link("Platypus OAuth Bank is connected again")
	k.tap("#finish")
	k.leave()
	k.reads("Connected. You can close this page.")
	require.Equal(t, link, k.eval("return location.href"), "what the bank said is in the address no more")
	_, err := h.Client.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
}
