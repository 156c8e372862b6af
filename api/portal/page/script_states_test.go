//go:build browser

package page_test

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
	"relink/internal/item"
	"relink/internal/wording"
)

var shots = flag.String("shots", "", "folder to keep a screenshot of every state in")

// shot stores a picture of the phone's screen, if the flag names a folder.
func (p *tab) shot(name string) {
	p.t.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	require.NoError(p.t, os.MkdirAll(*shots, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644))
}

func withAccounts(c page.Connection) page.Connection {
	c.Accounts = []page.Account{
		{Name: "Plaid Checking", Mask: "0000"},
		{Name: "Plaid Saving", Mask: "1111"},
		{Name: "Plaid CD", Mask: "2222"},
		{Name: "Plaid Credit Card", Mask: "3333"},
	}
	return c
}

func down(bank string) page.Connection {
	c := withAccounts(broken(bank, item.Credentials))
	c.BankDown = true
	return c
}

// aboveTheFold is the height, in pixels, that a mail app's browser leaves of an iPhone's screen beside its own bars.
const aboveTheFold = 664

func TestRelink_buttonIsInSightInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range wording.Locales() {
		d := newDesk(t)
		p := d.open()
		for _, cause := range item.Causes() {
			if cause == item.Gone {
				continue
			}
			for state, c := range map[string]page.Connection{
				"broken": broken("First Platypus Bank", cause), "ending": ending("First Platypus Bank", cause),
			} {
				d.change(func() { d.locale, d.connections = string(l), []page.Connection{withAccounts(c)} })
				require.NoError(t, chromedp.Do(p.ctx, chromedp.Navigate(d.server.URL+"/relink/t0k3n")))
				p.shot(string(l) + "-" + state + "-" + string(cause))
				require.LessOrEqual(t, eval[int](p, `Math.round(document.querySelector("[data-go]").getBoundingClientRect().bottom)`), aboveTheFold,
					"%s, %s, %s: the merchant has to look for the button", l, state, cause)
				require.LessOrEqual(t, eval[int](p, `document.documentElement.scrollWidth`), 390, "%s, %s, %s: wider than the phone", l, state, cause)
			}
		}
	}
}

func TestScript_bankThatIsDownLosesItsButton(t *testing.T) {
	t.Parallel()
	for name, play := range map[string]func(d *desk, p *tab){
		"the server reports it": func(d *desk, p *tab) {
			d.refuse("bank_down")
			p.press(0)
		},
		"Link reports it": func(_ *desk, p *tab) {
			p.press(0)
			p.opened()
			p.leave("INSTITUTION_NOT_RESPONDING")
		},
	} {
		d := newDesk(t, withAccounts(broken("Tartan Bank", item.Credentials)), broken("Houndstooth Bank", item.MFA))
		p := d.open()
		play(d, p)
		p.readsIn(0, "We will write to you when it is back.")
		p.readsIn(0, "Bank is down")
		headline := eval[string](p, `document.querySelector("[data-headline]").innerText`)
		require.Equal(t, "Tartan Bank is not answering at the moment", headline, name)
		require.True(t, eval[bool](p, `document.querySelector("[data-go]").hidden`), name)
		buttons := eval[int](p, `document.querySelectorAll("[data-go]:not([hidden]):not([aria-disabled])").length`)
		require.Equal(t, 1, buttons, "%s: the other bank can still be repaired", name)
		require.Equal(t, "One bank connection still needs you", eval[string](p, `document.querySelector("h1").innerText`), name)
		p.shot("held")
	}
}

func TestScript_connectionWithoutARepairNamesAPersonToAsk(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.NotSupported))
	d.refuse("ended")
	p := d.open()
	p.press(0)
	p.reads("Please tell whoever sent you this link, so that a person can help you.")
}

func TestScript_offersABankThatIsBackWhenTheMerchantReturns(t *testing.T) {
	t.Parallel()
	d := newDesk(t, down("Tartan Bank"))
	p := d.open()
	p.reads("there is nothing you can do now")
	require.False(t, eval[bool](p, `!!document.querySelector("button")`))
	p.shot("down")
	d.change(func() { d.connections = []page.Connection{withAccounts(broken("Tartan Bank", item.Credentials))} })
	p.comeBack()
	p.reads("Reconnect Tartan Bank")
}

// comeBack sends the event of a tab that is in front again.
func (p *tab) comeBack() {
	p.t.Helper()
	eval[chromedp.Void](p, `void document.dispatchEvent(new Event("visibilitychange"))`)
}

func TestScript_saysThatThePasswordWasWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withAccounts(broken("Tartan Bank", item.Credentials)))
	p := d.open()
	p.press(0)
	p.opened()
	p.event("SUBMIT_CREDENTIALS", "")
	p.event("ERROR", "INVALID_CREDENTIALS")
	p.leave("")
	p.reads("Tartan Bank did not accept that username and password.")
	p.shot("wrong-password")
	require.Empty(t, d.heard("exit")[0].body["error_code"], "only what Link itself reported is recorded")
	require.Eventually(t, func() bool { return len(d.heard("events")) == 2 }, 5*time.Second, 10*time.Millisecond)
	require.Contains(t, []map[string]string{d.heard("events")[0].body, d.heard("events")[1].body}, map[string]string{
		"item_id": "id-Tartan Bank", "link_session_id": "session-1", "event_name": "ERROR", "view_name": "CREDENTIAL",
		"error_code": "INVALID_CREDENTIALS", "timestamp": "2026-11-19T12:00:00Z",
	})
	p.press(0)
	p.opened()
	p.event("ERROR", "INVALID_CREDENTIALS")
	p.event("SUBMIT_CREDENTIALS", "")
	p.leave("")
	p.reads("The window was closed before Tartan Bank was connected.")
}

func TestScript_explainsABankPageThatCouldNotOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withAccounts(broken("Tartan Bank", item.Credentials)))
	p := d.open()
	p.press(0)
	p.opened()
	eval[chromedp.Void](p, `fake.options.onExit(null, { link_session_id: "session-1", status: "requires_oauth", institution: null })`)
	p.reads("If you saw no such page, allow pop-ups here, or open our mail in Safari or Chrome.")
	p.shot("popup")
}

func TestScript_replacesASpentLinkTokenSilently(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	p := d.open()
	p.press(0)
	p.opened()
	p.leave("INVALID_LINK_TOKEN")
	p.until(`fake.options.token !== "link-1" && fake.opened && !fake.destroyed`)
	require.Len(t, d.heard("link-token"), 2)
	p.succeed()
	p.reads("Connected. You can close this page.")

	again := newDesk(t, broken("Tartan Bank", item.Credentials))
	p = again.open()
	p.press(0)
	p.opened()
	p.leave("INVALID_LINK_TOKEN")
	p.until(`fake.options.token !== "link-1" && fake.opened && !fake.destroyed`)
	p.leave("INVALID_LINK_TOKEN")
	p.reads("The secure window had trouble of its own.")
	require.Len(t, again.heard("link-token"), 2, "and not for ever")
}

func TestScript_returnFromTheBankGoesOnWithTheSameLinkToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Houndstooth Bank", item.Credentials), withAccounts(broken("Tartan Bank", item.ConsentExpired)))
	d.resume = "id-Tartan Bank"
	p := d.openAt("/relink/return?oauth_state_id=5d8e")
	p.opened()
	require.Equal(t, "link-before", eval[string](p, `fake.options.token`))
	require.Empty(t, d.heard("link-token"), "none is minted")
	require.Equal(t, map[string]string{"item_id": "id-Tartan Bank"}, d.heard("resume")[0].body)
	address := d.server.URL + "/relink/return?oauth_state_id=5d8e"
	require.Equal(t, address, eval[string](p, `fake.options.receivedRedirectUri`), "as it came")
	require.Equal(t, address, eval[string](p, `fake.address`), "Link may read it from the address as well")
	p.event("OPEN", "")
	p.until(`location.pathname + location.search === "/relink/t0k3n"`)
	p.succeed()
	p.readsIn(1, "Connected. Please go on with the next bank.")
	require.Equal(t, "id-Tartan Bank", d.heard("complete")[0].body["item_id"])
	p.keptThePolicy()

	p.press(0)
	p.opened()
	require.False(t, eval[bool](p, `"receivedRedirectUri" in fake.options`), "a first launch never has it")
}

func TestScript_returnThatIsTooLateStartsAgain(t *testing.T) {
	t.Parallel()
	for name, play := range map[string]func(d *desk, p *tab){
		"the server does not know it": nil,
		"Link does not know it":       func(_ *desk, p *tab) { p.opened(); p.leave("OAUTH_STATE_ID_ALREADY_PROCESSED") },
		"its link token is over":      func(_ *desk, p *tab) { p.opened(); p.leave("INVALID_LINK_TOKEN") },
	} {
		d := newDesk(t, broken("Tartan Bank", item.Credentials))
		d.resume = "id-Tartan Bank"
		if play == nil {
			d.respond("resume", status(http.StatusNotFound))
		}
		p := d.openAt("/relink/return?oauth_state_id=5d8e")
		if play != nil {
			play(d, p)
		}
		p.reads("Please start again here.")
		p.until(`location.pathname + location.search === "/relink/t0k3n"`)
		require.Empty(t, d.heard("link-token"), name)
		p.press(0)
		p.until(`window.fake?.opened && !fake.destroyed && fake.options.token !== "link-before"`)
	}
}

func TestScript_hostedLinkLeavesThePageAndItsReturnOnlyAsks(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withAccounts(broken("Tartan Bank", item.Credentials)))
	d.respond("link-token", says(`{"hosted_link_url":"`+d.server.URL+`/hosted"}`))
	p := d.open()
	p.press(0)
	p.reads("Plaid’s own page")

	d.resume, d.hosted = "id-Tartan Bank", true
	p = d.openAt("/relink/return")
	p.reads("Connected. You can close this page.")
	require.Empty(t, d.heard("resume"))
	require.False(t, eval[bool](p, `!!window.fake`), "there is nothing to open again")
	require.Equal(t, map[string]string{"item_id": "id-Tartan Bank", "link_session_id": ""}, d.heard("complete")[0].body)
	require.Equal(t, "/relink/t0k3n", eval[string](p, `location.pathname + location.search`))
}

func TestScript_hostedReturnWithoutSuccessSaysThatItCannotKnow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, withAccounts(broken("Tartan Bank", item.Credentials)))
	d.resume, d.hosted = "id-Tartan Bank", true
	d.respond("complete", says(`{"state":"login_required"}`))
	p := d.openAt("/relink/return", hurry)
	p.reads("If you stopped before, please try again.")
	p.shot("hosted-unsure")
	d.respond("complete", nil)
	p.press(0)
	p.opened()
}

func TestScript_twoTabsSayTheSame(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	first, second := d.open(), d.open()
	first.press(0)
	first.opened()
	d.change(func() { d.connections = []page.Connection{connected("Tartan Bank")} })
	first.succeed()
	first.reads("Connected. You can close this page.")
	second.reads("It works already: there is nothing left to do here.")
	require.False(t, eval[bool](second, `!!document.querySelector("button")`))
	require.Equal(t, "Everything is connected", eval[string](second, `document.title`))
}

func TestScript_tabThatComesBackAsksAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials), broken("Houndstooth Bank", item.MFA))
	p := d.open()
	d.change(func() { d.connections[0] = connected("Tartan Bank") })
	p.comeBack()
	p.readsIn(0, "Connected. Please go on with the next bank.")
	require.Equal(t, "One bank connection still needs you", eval[string](p, `document.title`))
}

func TestScript_tabClosedAfterSuccessHasReportedToTheServer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	p := d.open()
	p.press(0)
	p.opened()
	p.event("HANDOFF", "")
	require.Empty(t, d.heard("complete"))
	require.NoError(t, chromedp.Do(p.ctx, chromedp.Navigate("about:blank")))
	require.Eventually(t, func() bool { return len(d.heard("complete")) == 1 }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, "session-1", d.heard("complete")[0].body["link_session_id"])
}

func TestScript_givesUpALinkThatDoesNotLoad(t *testing.T) {
	t.Parallel()
	d := newDesk(t, broken("Tartan Bank", item.Credentials))
	p := d.open(hurry, `Object.defineProperty(window, "deafLink", { value: true })`)
	p.press(0)
	p.reads("The secure window could not be loaded.")
	p.until(`fake.destroyed`)
}

func TestScript_writesTheDayAsTheMerchantReadsIt(t *testing.T) {
	t.Parallel()
	for locale, wanted := range map[string]string{
		"en-US": "since November 17.", "en-GB": "since 17 November.", "es-MX": "desde el 17 de noviembre.",
		"fr-FR": "depuis le 17 novembre.", "de-DE": "Seit dem 17. November kommt",
	} {
		d := newDesk(t, broken("Tartan Bank", item.Credentials))
		d.locale = locale
		p := d.open()
		require.Contains(t, strings.Join(strings.Fields(eval[string](p, `document.body.innerText`)), " "), wanted, locale)
	}
}
