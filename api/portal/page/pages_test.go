package page_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"relink/api/portal/page"
	"relink/internal/item"
)

const linkScript = "https://cdn.plaid.com/link/v2/stable/link-initialize.js"

func broken(bank string, cause item.Cause) page.Connection {
	return page.Connection{
		ItemID: "id-" + bank, Institution: bank, Cause: string(cause), State: string(item.LoginRequired),
		BrokenSince: time.Date(2026, 11, 17, 23, 30, 0, 0, time.UTC),
	}
}

func ending(bank string, cause item.Cause) page.Connection {
	c := broken(bank, cause)
	c.State, c.EndsAt = string(item.Expiring), time.Date(2026, 12, 9, 23, 30, 0, 0, time.UTC)
	return c
}

// everywhere returns every state that needs the merchant, with every cause that the rules allow.
func everywhere() []page.Connection {
	all := []page.Connection{ending("Tartan Bank", item.ConsentExpiring), ending("Tartan Bank", item.Migration)}
	for _, code := range item.ErrorCodes() {
		for _, reason := range []string{"", "OAUTH_CONSENT_EXPIRED", "OAUTH_USER_REVOKED"} {
			if m, _ := item.ClassOf(code, reason); m.State.NeedsMerchant() {
				c := broken("Tartan Bank", m.Cause)
				c.State = string(m.State)
				all = append(all, c)
			}
		}
	}
	return all
}

func connected(bank string) page.Connection {
	return page.Connection{ItemID: "id-" + bank, Institution: bank, State: string(item.Connected), Done: true}
}

func removed(bank string) page.Connection {
	return page.Connection{ItemID: "id-" + bank, Institution: bank, State: string(item.Removed), Cause: string(item.Gone)}
}

// shown is a page as a browser without JavaScript shows it.
type shown struct {
	markup string
	tree   *html.Node
	text   string // everything that can be read, the script's sentences included
}

func relink(t *testing.T, connections ...page.Connection) shown {
	t.Helper()
	return relinkPage(t, page.Relink{BusinessName: "Blue Bottle", Token: "t0k3n", Connections: connections, LinkScriptURL: linkScript})
}

func relinkPage(t *testing.T, r page.Relink) shown {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, pages(t).Relink(&out, r))
	return look(t, out.String())
}

func pages(t *testing.T) *page.Pages {
	t.Helper()
	p, err := page.New()
	require.NoError(t, err)
	return p
}

func look(t *testing.T, markup string) shown {
	t.Helper()
	tree, err := html.ParseWithOptions(strings.NewReader(markup), html.ParseOptionEnableScripting(false))
	require.NoError(t, err)
	return shown{markup: markup, tree: tree, text: textOf(tree)}
}

func textOf(n *html.Node) string {
	var words []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			words = append(words, strings.Fields(d.Data)...)
		}
	}
	return strings.Join(words, " ")
}

func (s shown) all(element string) []*html.Node {
	var found []*html.Node
	for n := range s.tree.Descendants() {
		if n.Type == html.ElementNode && n.Data == element {
			found = append(found, n)
		}
	}
	return found
}

// having returns the elements with an attribute, in order.
func (s shown) having(attribute string) []*html.Node {
	var found []*html.Node
	for n := range s.tree.Descendants() {
		if n.Type == html.ElementNode && has(n, attribute) {
			found = append(found, n)
		}
	}
	return found
}

func has(n *html.Node, attribute string) bool {
	for _, a := range n.Attr {
		if a.Key == attribute {
			return true
		}
	}
	return false
}

func value(n *html.Node, attribute string) string {
	for _, a := range n.Attr {
		if a.Key == attribute {
			return a.Val
		}
	}
	return ""
}

func TestRelink_oneBrokenConnectionIsTheWholePage(t *testing.T) {
	t.Parallel()
	s := relink(t, broken("First Platypus Bank", item.Credentials))
	require.Len(t, s.all("h1"), 1)
	require.Equal(t, "First Platypus Bank stopped accepting the saved sign-in", textOf(s.all("h1")[0]))
	require.Len(t, s.all("button"), 1)
	require.Equal(t, "Reconnect First Platypus Bank", textOf(s.all("button")[0]))
	require.Equal(t, "Reconnect First Platypus Bank", textOf(s.all("title")[0]))
	for _, said := range []string{"For Blue Bottle", "What to do", "Sign in once more", "since November 17 ."} {
		require.Contains(t, s.text, said)
	}
	require.Equal(t, "2026-11-17T23:30:00Z", value(s.all("time")[0], "datetime"), "the browser writes it in the reader's zone")
	require.Equal(t, "/relink/t0k3n", value(s.having("data-base")[0], "data-base"))
	require.Equal(t, linkScript, value(s.having("data-link-script")[0], "data-link-script"))
}

func TestRelink_brokenConnectionsComeFirstEachWithItsButton(t *testing.T) {
	t.Parallel()
	s := relink(t,
		connected("Houndstooth Bank"), broken("Tartan Bank", item.ConsentExpired), removed("Gone Bank"),
		broken("First Platypus Bank", item.MFA))
	require.Equal(t, "2 bank connections need you", textOf(s.all("h1")[0]))
	require.Len(t, s.all("h1"), 1)
	var order, buttons []string
	for _, c := range s.having("data-connection") {
		order = append(order, value(c, "data-item-id")+" "+value(c, "data-state"))
	}
	require.Equal(t, []string{
		"id-Tartan Bank login_required", "id-First Platypus Bank login_required", "id-Gone Bank removed", "id-Houndstooth Bank connected",
	}, order)
	for _, b := range s.all("button") {
		buttons = append(buttons, textOf(b))
	}
	require.Equal(t, []string{"Reconnect Tartan Bank", "Reconnect First Platypus Bank"}, buttons)
	require.Contains(t, s.text, "Connect Gone Bank anew")
}

func TestRelink_saysPlainlyThatNothingIsToDo(t *testing.T) {
	t.Parallel()
	for name, connections := range map[string][]page.Connection{
		"all connected":  {connected("Tartan Bank"), connected("Houndstooth Bank")},
		"no connection":  nil,
		"healed by now":  {{ItemID: "i", Institution: "Tartan Bank", Cause: string(item.Credentials), State: string(item.Connected)}},
		"done elsewhere": {{ItemID: "i", Institution: "Tartan Bank", State: string(item.LoginRequired), Done: true}},
	} {
		s := relink(t, connections...)
		require.Equal(t, "Everything is connected", textOf(s.all("h1")[0]), name)
		require.Contains(t, s.text, "There is nothing for you to do.", name)
		require.Empty(t, s.all("button"), name)
		require.Empty(t, s.all("script"), name)
		for _, c := range s.having("data-connection") {
			require.Equal(t, "connected", value(c, "data-state"), name)
		}
	}
}

func TestRelink_endedConnectionIsNotCalledConnected(t *testing.T) {
	t.Parallel()
	s := relink(t, connected("Tartan Bank"), removed("Gone Bank"))
	require.Equal(t, "A bank connection has ended", textOf(s.all("h1")[0]))
	require.NotContains(t, s.text, "nothing for you to do")
	require.Contains(t, s.text, "Connect Gone Bank anew, in the place where you first connected it.")
	require.Empty(t, s.all("button"))
}

func TestRelink_connectionIsRecognizedByItsAccounts(t *testing.T) {
	t.Parallel()
	c := broken("Tartan Bank", item.Credentials)
	c.Accounts = []page.Account{{Name: "Checking", Mask: "0000"}, {Name: "Old <Savings>"}}
	whole := connected("Houndstooth Bank")
	whole.Accounts = []page.Account{{"A", "1"}, {"B", "2"}, {"C", "3"}, {"D", "4"}, {"E", "5"}, {"F", "6"}}
	s := relink(t, c, whole)
	require.Contains(t, s.text, "Needs you Checking ···· 0000 , Old <Savings>")
	require.Contains(t, s.text, "A ···· 1 , B ···· 2 , C ···· 3 , +3")
	require.Contains(t, s.markup, `<span class="digits"><span aria-hidden="true">····</span>0000</span>`, "read aloud as digits")
}

func TestRelink_bankThatIsDownIsNotOffered(t *testing.T) {
	t.Parallel()
	down := broken("Tartan Bank", item.Credentials)
	down.BankDown = true
	s := relink(t, down)
	require.Equal(t, "Tartan Bank is not answering at the moment", textOf(s.all("h1")[0]))
	require.Equal(t, "Tartan Bank is not answering at the moment", textOf(s.all("title")[0]))
	require.Contains(t, s.text, "We will write to you when it is back.")
	require.Empty(t, s.all("button"))
	require.Empty(t, s.all("details"))
	require.Equal(t, "held", value(s.having("data-phase")[0], "data-phase"))
	require.Len(t, s.all("script"), 1, "it looks again when the merchant comes back to the page")

	beside := relink(t, down, broken("Houndstooth Bank", item.MFA), removed("Gone Bank"))
	require.Equal(t, "Houndstooth Bank wants a new one-time code", textOf(beside.all("h1")[0]), "what can be done comes first")
	require.Len(t, beside.all("button"), 1)

	well := connected("Tartan Bank")
	well.BankDown = true
	require.Contains(t, relink(t, well).text, "There is nothing for you to do.")

	other := down
	other.ItemID = "another"
	require.Equal(t, "Your banks are not answering at the moment", textOf(relink(t, down, other).all("h1")[0]))
}

func TestRelink_saysWhatWillWorkAgain(t *testing.T) {
	t.Parallel()
	then := relink(t, broken("Tartan Bank", item.Credentials), ending("Houndstooth Bank", item.Migration))
	require.Contains(t, then.text, "What will work again Your transactions and balances come in again")
	on := relink(t, ending("Tartan Bank", item.ConsentExpiring))
	require.Contains(t, on.text, "What goes on working Your transactions and balances keep coming in")
	require.NotContains(t, on.text, "What will work again", "nothing has stopped")
	require.NotContains(t, relink(t, connected("Tartan Bank")).text, "What ")
}

func TestRelink_explainsConsentOnRequest(t *testing.T) {
	t.Parallel()
	s := relink(t, broken("Tartan Bank", item.Credentials))
	details := s.all("details")
	require.Len(t, details, 1)
	require.False(t, has(details[0], "open"), "it is not in the way")
	require.Equal(t, "Who sees what, and how to end it", textOf(s.all("summary")[0]))
	var terms []string
	for _, n := range s.all("dt") {
		terms = append(terms, textOf(n))
	}
	require.Equal(t, []string{"Your password", "What we see", "What for", "How to end it"}, terms)
	require.Len(t, s.all("dd"), 4)
}

func TestRelink_handsAReturnFromTheBankToTheScript(t *testing.T) {
	t.Parallel()
	c := broken("Tartan Bank", item.Credentials)
	r := page.Relink{
		BusinessName: "Blue Bottle", Token: "t0k3n", Connections: []page.Connection{c}, LinkScriptURL: linkScript, Resume: c.ItemID,
	}
	main := relinkPage(t, r).having("data-relink")[0]
	require.Equal(t, "id-Tartan Bank", value(main, "data-resume"))
	require.False(t, has(main, "data-hosted"))
	r.Hosted = true
	require.True(t, has(relinkPage(t, r).having("data-relink")[0], "data-hosted"))
	require.Empty(t, relink(t, c).having("data-resume"))

	r.Connections = []page.Connection{connected("Tartan Bank")}
	require.Len(t, relinkPage(t, r).all("script"), 1, "the address still holds the bank's state: the script removes it")
}

func TestRelink_everyCauseHasItsOwnWords(t *testing.T) {
	t.Parallel()
	unknown := relink(t, broken("Tartan Bank", "a cause of tomorrow"))
	require.Contains(t, unknown.text, "Tartan Bank stopped sharing your account")
	seen := map[string]item.Cause{textOf(unknown.having("data-headline")[0]): "a cause of tomorrow"}
	for _, cause := range item.Causes() {
		s := relink(t, broken("Tartan Bank", cause))
		headline := textOf(s.having("data-headline")[0])
		require.NotContains(t, seen, headline, "%s and %s read the same", cause, seen[headline])
		seen[headline] = cause
		require.Contains(t, s.text, "What to do", cause)
	}
}

func TestRelink_knownStatesAndCausesNeverGetGeneralWords(t *testing.T) {
	t.Parallel()
	for _, c := range everywhere() {
		unknown := c
		unknown.Cause = "a cause of tomorrow"
		headline := func(c page.Connection) string { return textOf(relink(t, c).having("data-headline")[0]) }
		require.NotEqual(t, headline(unknown), headline(c), "%s, %s", c.State, c.Cause)
	}
}

func TestRelink_endingConnectionSaysUntilWhenItWorks(t *testing.T) {
	t.Parallel()
	s := relink(t, ending("Tartan Bank", item.ConsentExpiring))
	require.Equal(t, "Your permission at Tartan Bank is about to run out", textOf(s.all("h1")[0]))
	require.Contains(t, s.text, "It works until December 9 , and nothing stops before.")
	require.Equal(t, "2026-12-09T23:30:00Z", value(s.all("time")[0], "datetime"))
	require.NotContains(t, s.text, "Nothing has come in", "it works")
	require.Equal(t, "Renew Tartan Bank", textOf(s.all("button")[0]))
	require.Len(t, s.having("data-go"), 1, "the same button")
	require.Equal(t, "expiring", value(s.having("data-connection")[0], "data-state"), "the script waits for connected")
	require.Contains(t, s.text, "Ends soon")

	unknown := ending("Tartan Bank", item.Migration)
	unknown.EndsAt = time.Time{}
	require.NotContains(t, relink(t, unknown).text, "It works until")
}

func TestRelink_showsNamesAsTheyAreAndNeverRunsThem(t *testing.T) {
	t.Parallel()
	evil := broken(`Bänk "& <script>alert(1)</script> {business}`, item.Credentials)
	evil.ItemID = `"><img src=x onerror=alert(1)>`
	s := relinkPage(t, page.Relink{
		BusinessName: "<b>Café & Co", Token: `a/b"><script>`, Connections: []page.Connection{evil}, LinkScriptURL: linkScript,
	})
	require.Contains(t, s.text, "For <b>Café & Co")
	require.Contains(t, s.text, `Reconnect Bänk "& <script>alert(1)</script> {business}`)
	require.Len(t, s.all("script"), 1, "ours")
	require.Empty(t, s.all("img"))
	require.Equal(t, evil.ItemID, value(s.having("data-item-id")[0], "data-item-id"))
	require.Equal(t, "/relink/a%2Fb%22%3E%3Cscript%3E", value(s.having("data-base")[0], "data-base"))
}

func TestRelink_hasNothingInlineAndNothingOfAThirdParty(t *testing.T) {
	t.Parallel()
	s := relink(t, broken("Tartan Bank", item.Credentials), connected("Houndstooth Bank"))
	require.Empty(t, s.all("style"))
	for n := range s.tree.Descendants() {
		for _, a := range n.Attr {
			require.NotEqual(t, "style", a.Key)
			require.False(t, strings.HasPrefix(a.Key, "on"), a.Key)
			if a.Key == "src" || a.Key == "href" {
				require.True(t, strings.HasPrefix(a.Val, "/relink/assets/"), a.Val)
			}
		}
	}
	for _, n := range s.all("script") {
		require.NotEmpty(t, value(n, "src"))
		require.Empty(t, textOf(n))
	}
	require.Equal(t, "no-referrer", value(metaNamed(t, s, "referrer"), "content"), "the path is a secret")
}

func metaNamed(t *testing.T, s shown, name string) *html.Node {
	t.Helper()
	for _, n := range s.all("meta") {
		if value(n, "name") == name {
			return n
		}
	}
	t.Fatalf("no meta element is called %s", name)
	return nil
}

func TestRelink_canBeReadAloud(t *testing.T) {
	t.Parallel()
	s := relink(t, broken("Tartan Bank", item.Credentials), broken("Houndstooth Bank", item.MFA), connected("First Platypus Bank"))
	require.Equal(t, "en", value(s.all("html")[0], "lang"))
	require.Len(t, s.all("main"), 1)
	for _, control := range append(s.all("button"), s.all("summary")...) {
		require.NotEmpty(t, textOf(control))
	}
	ids := map[string]bool{}
	for _, n := range s.having("id") {
		require.False(t, ids[value(n, "id")], "id %s twice", value(n, "id"))
		ids[value(n, "id")] = true
	}
	for _, n := range s.having("aria-labelledby") {
		require.True(t, ids[value(n, "aria-labelledby")])
	}
	require.Len(t, s.having("aria-live"), 2, "each broken connection has a place where its progress is announced")
	for _, n := range s.all("svg") {
		hidden := false
		for p := n; p != nil; p = p.Parent {
			hidden = hidden || value(p, "aria-hidden") == "true"
		}
		require.True(t, hidden, "drawings are decoration")
	}
}

func TestRelink_withoutJavaScriptSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := relink(t, broken("Tartan Bank", item.Credentials))
	require.Len(t, s.all("noscript"), 1)
	require.Contains(t, textOf(s.all("noscript")[0]), "needs JavaScript")
}
