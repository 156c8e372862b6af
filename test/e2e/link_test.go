package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relink/internal/blackbox"
	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/testkit"
)

const oauthBank = "ins_127287" // Platypus OAuth Bank

// newestLinkToken returns the last link token that Plaid minted.
func (p *recordingProxy) newestLinkToken(t *testing.T) (token string) {
	t.Helper()
	for _, e := range p.all() {
		if e.path == "/link/token/create" {
			_, body, _ := bytes.Cut(e.answer, []byte("\n{"))
			var out struct {
				LinkToken string `json:"link_token"`
			}
			require.NoError(t, json.Unmarshal(append([]byte("{"), body...), &out))
			token = out.LinkToken
		}
	}
	require.NotEmpty(t, token)
	return token
}

// mintHosted presses the button of a merchant who gets Hosted Link. It takes the page's link token from the proxy.
func mintHosted(t *testing.T, ctx context.Context, link, itemID string, plaid *recordingProxy) (hostedURL, token string) {
	t.Helper()
	var out struct {
		URL   string `json:"hosted_link_url"`
		Token string `json:"link_token"`
	}
	require.NoError(t, blackbox.Call(ctx, "POST", link+"/link-token", "", map[string]any{"item_id": itemID}, &out))
	require.Contains(t, out.URL, "/link/hosted/")
	require.Empty(t, out.Token, "the page opens no Link of its own")
	return out.URL, plaid.newestLinkToken(t)
}

// awaitSessions waits until n webhooks about finished hosted sessions were delivered and handled.
func (s *stack) awaitSessions(t *testing.T, ctx context.Context, it blackbox.Item, n int) {
	t.Helper()
	require.NoError(t, blackbox.Await(ctx, "LINK: SESSION_FINISHED to be delivered", func(ctx context.Context) (bool, error) {
		return s.counted(t, ctx, `SELECT count(*) FROM inbox WHERE code = $1 AND state = 'delivered' AND item_id = $2`,
			item.SessionFinished, it.ID) == n, nil
	}))
	s.settled(t, ctx, it)
}

func TestHostedLink_closesTheIncidentWithoutAReturn(t *testing.T) {
	t.Parallel()
	plaid := &recordingProxy{}
	s := startWith(t, testkit.Temporal(t),
		options{log: testkit.Logger(t).WithOptions(zap.IncreaseLevel(zapcore.InfoLevel)), plaid: plaid, pace: time.Millisecond})
	ctx := within(t, patience)
	it, link, _ := brokenAndMailed(t, s, ctx)
	changed := s.askAsPlatform(t, ctx, "PATCH", "merchants/"+blueBottle.ID, map[string]any{"hosted_link": true})
	require.Equal(t, http.StatusOK, changed.status, changed.body)

	first, token := mintHosted(t, ctx, link, it.ID, plaid)
	asked, err := s.Questions(ctx, it.ID)
	require.NoError(t, err)
	played, err := s.Play(ctx, blackbox.LinkPlay{LinkToken: token, Username: "user_good", Password: "pass_good", Outcome: "exit"})
	require.NoError(t, err)
	require.Equal(t, "onExit", played.Callback)
	s.awaitSessions(t, ctx, it, 1)
	require.NoError(t, s.awaitQuestions(ctx, it.ID, asked), "Plaid is asked once more, whatever the webhook says")
	now, err := s.AwaitState(ctx, it.ID, "login_required", 1)
	require.NoError(t, err)
	require.Equal(t, it.RunID, now.RunID, "the incident is open")

	second, token := mintHosted(t, ctx, link, it.ID, plaid)
	require.NotEqual(t, first, second)
	played, err = s.PlayLink(ctx, token, "user_good", "pass_good")
	require.NoError(t, err)
	require.Equal(t, "onSuccess", played.Callback)
	_, err = s.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	_, err = s.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
	s.nextRun(t, ctx, it)
	timeline, err := s.Timeline(ctx, it.ID)
	require.NoError(t, err)
	for _, m := range timeline {
		require.NotEqual(t, "relink_completed", m.What, "nobody came back to the page")
	}
	s.kept(t, ctx, "hosted-link", it)
}

func TestLink_resumesAfterTheBanksPageInItsBrowserOnly(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	public, err := s.PublicToken(ctx, oauthBank, s.WebhookURL())
	require.NoError(t, err)
	it, err := s.Enrol(ctx, public, blueBottle)
	require.NoError(t, err)
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	first, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	_, err = s.AwaitMoment(ctx, it.ID, "mail_sent", 1)
	require.NoError(t, err)
	link, err := first.DeepLink()
	require.NoError(t, err)

	phone, desk, about := browser(t), browser(t), map[string]any{"item_id": it.ID}
	var minted, resumed struct {
		LinkToken string `json:"link_token"`
	}
	askAsPage(t, ctx, phone, link+"/link-token", about).decoded(t, &minted)
	require.NotEmpty(t, minted.LinkToken)
	s.awaitLife(t, ctx, it, "Link to be open", func(l item.Life) bool { return !l.LinkOpenUntil.IsZero() })
	before := s.settled(t, ctx, it)

	const resume = `data-resume="`
	back := s.API + "/relink/return?oauth_state_id=made-up-by-the-bank"
	page := looking(t, ctx, phone, back)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, resume+it.ID+`"`)
	require.NotContains(t, page.body, "made-up-by-the-bank", "what the bank says is for Link alone")
	require.NotContains(t, page.body, minted.LinkToken)
	require.NotContains(t, looking(t, ctx, phone, s.API+"/relink/return").body, resume, "a reload")
	for range 2 {
		askAsPage(t, ctx, phone, link+"/resume", about).decoded(t, &resumed)
		require.Equal(t, minted, resumed)
	}

	page = looking(t, ctx, desk, back)
	require.Equal(t, http.StatusOK, page.status)
	require.Contains(t, page.body, "Please open the mail again")
	require.NotContains(t, page.body, resume)
	require.NotContains(t, page.body, it.ID)
	require.Equal(t, http.StatusNotFound, askAsPage(t, ctx, desk, link+"/resume", about).status, "the deep link alone is not enough")
	require.Equal(t, before, s.settled(t, ctx, it), "coming back changes nothing")

	played, err := s.Play(ctx, blackbox.LinkPlay{LinkToken: resumed.LinkToken})
	require.NoError(t, err)
	require.Equal(t, "onSuccess", played.Callback)
	done := askAsPage(t, ctx, phone, link+"/complete", map[string]any{"item_id": it.ID, "link_session_id": played.Metadata.LinkSessionID})
	require.Contains(t, done.body, `"state":"connected"`)
	require.Equal(t, http.StatusNotFound, askAsPage(t, ctx, phone, link+"/resume", about).status, "Link is through")
	require.NotContains(t, looking(t, ctx, phone, back).body, resume)
}

func TestDeepLink_expiredAndMadeUpLookTheSame(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, _, _ := brokenAndMailed(t, s, ctx)
	s.awaitLife(t, ctx, it, "the next reminder to be planned", func(l item.Life) bool { return l.Plan.Step == 2 })
	grant := deeplink.Grant{MerchantID: blueBottle.ID, Slot: it.ID + "/1/reminder-1", Expires: time.Now().Add(-time.Hour)}
	another, err := deeplink.NewSigner(make([]byte, 32))
	require.NoError(t, err)
	dead, madeUp := s.links.Token(grant), another.Token(grant)
	same := func(look func(link string) answer) answer {
		t.Helper()
		var seen []answer
		for _, token := range []string{madeUp, dead} {
			a := look(s.API + "/relink/" + token)
			a.body = strings.ReplaceAll(a.body, token, "TOKEN") // the form of a page that asks for a fresh mail
			seen = append(seen, a)
		}
		require.Equal(t, seen[0], seen[1])
		return seen[0]
	}
	before := s.settled(t, ctx, it)
	over := same(func(link string) answer { return looking(t, ctx, http.DefaultClient, link) })
	require.Equal(t, http.StatusNotFound, over.status)
	require.Contains(t, over.body, "TOKEN/fresh")
	for _, act := range []string{"/link-token", "/complete", "/exit", "/events", "/resume"} {
		refused := same(func(link string) answer {
			return askAsPage(t, ctx, http.DefaultClient, link+act, map[string]any{"item_id": it.ID, "event_name": "OPEN"})
		})
		require.Equal(t, http.StatusNotFound, refused.status, act)
	}
	fresh := func(link string) answer {
		return ask(t, ctx, http.DefaultClient, http.MethodPost, link+"/fresh", "", "Content-Type: application/x-www-form-urlencoded")
	}
	answered := fresh(s.API + "/relink/" + madeUp)
	require.Equal(t, http.StatusOK, answered.status)
	require.Equal(t, before, s.settled(t, ctx, it), "nothing was moved so far")

	require.Equal(t, answered, same(fresh))
	second, err := s.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
	_, err = s.AwaitMoment(ctx, it.ID, "mail_sent", 2)
	require.NoError(t, err)
	s.awaitLife(t, ctx, it, "the next reminder to be planned", func(l item.Life) bool { return l.Plan.Step == 3 })
	before = s.settled(t, ctx, it)
	require.Equal(t, answered, same(fresh))
	require.Equal(t, before, s.settled(t, ctx, it), "one mail an hour")

	link, err := second.DeepLink()
	require.NoError(t, err)
	require.Equal(t, "connected", repaired(t, s, ctx, it, link).State)
	_, err = s.AwaitMail(ctx, blueBottle.Email, 3)
	require.NoError(t, err)
	require.Equal(t, 3, s.mailed(t, ctx, blueBottle.Email), "a reminder, the fresh link, the thanks")
}
