//go:build browser

// This file tests the script in a real browser, under the real policy: go test -tags browser ./api/portal/page
// It needs Chromium on PATH.
package page_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
	"relink/internal/item"
)

func TestScript_relinkEndsConnected(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	p := d.open()
	require.Zero(t, d.scriptAsked, "no third party before the click")
	p.press(0)
	p.opened()
	require.Equal(t, "link-1", eval[string](p, `fake.options.token`))
	require.Equal(t, "true", eval[string](p, `document.querySelector("[data-go]").getAttribute("aria-busy")`))
	p.succeed()
	p.reads("Connected. You can close this page.")
	require.Equal(t, "Tartan Bank is connected", eval[string](p, `document.querySelector("h1").innerText`))
	require.Equal(t, "Everything is connected", eval[string](p, `document.title`))
	require.False(t, eval[bool](p, `!!document.querySelector("button")`))
	require.True(t, eval[bool](p, `document.activeElement.matches("[data-status]")`), "the focus is where the news is")
	p.until(`fake.destroyed`)
	require.Equal(t, map[string]string{"item_id": "id-Tartan Bank"}, d.heard("link-token")[0].body)
	complete := d.heard("complete")
	require.Len(t, complete, 1)
	require.Equal(t, map[string]string{"item_id": "id-Tartan Bank", "link_session_id": "session-1"}, complete[0].body)
	for _, a := range d.asked {
		require.NotContains(t, a.raw, "public-sandbox-secret")
	}
	p.keptThePolicy()
}

func TestScript_connectionThatHealedMeanwhileNeedsNoLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	d.refuse("connected")
	p := d.open()
	p.press(0)
	p.reads("It works already: there is nothing left to do here.")
	require.False(t, eval[bool](p, `!!window.fake`), "Link was never opened")
}

func TestScript_leftLinkSaysWhyAndCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	for code, text := range map[string]string{
		"":                         "The window was closed before Tartan Bank was connected.",
		"SOMETHING_NEW":            "The window was closed before Tartan Bank was connected.",
		"INVALID_CREDENTIALS":      "First try them on the bank’s own website or in its app.",
		"INVALID_MFA":              "try again, and use the newest one",
		"ITEM_LOCKED":              "Tartan Bank wants something from you first.",
		"INVALID_UPDATED_USERNAME": "That was not the username",
		"NO_ACCOUNTS":              "shows no account that fits",
		"MFA_NOT_SUPPORTED":        "Please tell whoever sent you this link",
		"INTERNAL_SERVER_ERROR":    "The secure window had trouble of its own.",
	} {
		d := newDesk(t, broken("Tartan Bank", item.Credentials))
		p := d.open()
		p.press(0)
		p.opened()
		p.leave(code)
		p.reads(text)
		require.Equal(t, "Try again", strings.TrimSpace(eval[string](p, `document.querySelector("[data-go]").innerText`)))
		require.Eventually(t, func() bool { return len(d.heard("exit")) == 1 }, 5*time.Second, 10*time.Millisecond)
		require.Equal(t, map[string]string{
			"item_id": "id-Tartan Bank", "link_session_id": "session-1", "status": "requires_credentials",
			"error_type": errorType(code), "error_code": code,
		}, d.heard("exit")[0].body)
		p.until(`fake.destroyed`)
		p.press(0)
		p.opened()
		require.Len(t, d.heard("link-token"), 2, "a link token is good for one session")
		p.succeed()
		p.reads("Connected.")
		p.keptThePolicy()
	}
}

func TestScript_nothingToRepairIsCheckedLikeASuccess(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	p := d.open()
	p.press(0)
	p.opened()
	p.leave("ITEM_NO_ERROR")
	p.reads("Connected. You can close this page.")
	require.Len(t, d.heard("complete"), 1)
}

func TestScript_waitsForASlowConfirmation(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	d.respond("complete", says(`{"state":"verifying"}`))
	p := d.open()
	p.press(0)
	p.opened()
	p.succeed()
	p.reads("Checking with Tartan Bank.")
	d.change(func() { d.connections = []page.Connection{connected("Tartan Bank")} })
	p.reads("Connected. You can close this page.")
	require.Len(t, d.heard("complete"), 1)
}

func TestScript_successReachesAServerThatStumbles(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	d.respond("complete", status(http.StatusServiceUnavailable))
	p := d.open()
	p.press(0)
	p.opened()
	p.succeed()
	require.Eventually(t, func() bool { return len(d.heard("complete")) == 1 }, 5*time.Second, 10*time.Millisecond)
	d.respond("complete", nil)
	p.reads("Connected. You can close this page.")
}

// hurry is a script that makes a minute last a second.
const hurry = `const later = window.setTimeout; window.setTimeout = (f, ms, ...rest) => later(f, ms / 60, ...rest);
const now = performance.now.bind(performance); performance.now = () => now() * 60;`

func TestScript_stopsWaitingPolitely(t *testing.T) {
	t.Parallel()
	for body, text := range map[string]string{
		`{"state":"verifying"}`: "Tartan Bank has not confirmed yet. You can close this page",
		`{"state":"login_required","cause":"credentials","incident":1}`: "Tartan Bank has not confirmed yet. You can close this page",
		``: "we could not be reached to check it",
	} {
		d := newDesk(t, broken("Tartan Bank", item.Credentials))
		d.respond("complete", says(body))
		if body == "" {
			d.respond("complete", status(http.StatusServiceUnavailable))
		}
		p := d.open(hurry)
		p.press(0)
		p.opened()
		p.succeed()
		p.reads(text)
		require.True(t, eval[bool](p, `!!document.querySelector("[data-go]:not([aria-busy])")`))
	}
}

func TestScript_troubleOnOurSideCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	d.respond("link-token", status(http.StatusServiceUnavailable))
	p := d.open()
	p.press(0)
	p.reads("We could not be reached just now.")
	d.respond("link-token", nil)
	p.press(0)
	p.opened()
}

func TestScript_blockedLinkIsShownAndMintsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	d.change(func() { d.scriptGone = true })
	p := d.open()
	p.press(0)
	p.reads("The secure window could not be loaded.")
	require.Empty(t, d.heard("link-token"), "a minted token holds back mails")
	d.change(func() { d.scriptGone = false })
	p.press(0)
	p.opened()
}

func TestScript_showsThatALinkIsOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	p := d.open()
	d.change(func() { d.over = true })
	d.respond("link-token", status(http.StatusNotFound))
	p.press(0)
	p.reads("This link is no longer valid")
	p.reads("Mail me a fresh link")
}

func TestScript_endedConnectionIsNotCountedAsConnected(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials), removed("Gone Bank"))
	p := d.open()
	p.press(0)
	p.opened()
	p.succeed()
	p.readsIn(0, "Connected. You can close this page.")
	require.Equal(t, "Nothing more to reconnect now", eval[string](p, `document.title`))
	require.Equal(t, "Tartan Bank is connected", eval[string](p, `document.querySelector("h1").innerText`))
}

func TestScript_repairsSeveralConnectionsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials), broken("Houndstooth Bank", item.ConsentExpired))
	p := d.open()
	p.press(0)
	p.opened()
	require.Equal(t, 2, eval[int](p, `document.querySelectorAll("[data-go][aria-disabled]").length`))
	eval[chromedp.Void](p, `document.querySelectorAll("[data-go]")[1].click()`)
	p.succeed()
	p.readsIn(0, "Please go on with the next bank.")
	require.Equal(t, "One bank connection still needs you", eval[string](p, `document.querySelector("h1").innerText`))
	require.Len(t, d.heard("link-token"), 1, "the second button waited for the first")
	p.press(1)
	p.until(`fake.options.token === "link-3" && fake.opened`)
	p.succeed()
	p.readsIn(1, "Connected. You can close this page.")
	require.Equal(t, "Everything is connected", eval[string](p, `document.querySelector("h1").innerText`))
	require.Equal(t, "id-Houndstooth Bank", d.heard("complete")[1].body["item_id"])
	p.keptThePolicy()
}

func errorType(code string) string {
	if code == "" {
		return ""
	}
	return "ITEM_ERROR"
}
