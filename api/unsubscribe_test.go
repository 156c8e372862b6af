package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

// oneClick is the body that a mail program sends by itself (RFC 8058).
const oneClick = "List-Unsubscribe=One-Click"

// stopToken returns a token that unsubscribes the world's merchant.
func (w *world) stopToken() string { return w.deps.Links.Unsubscribe("blue") }

func (w *world) stopped(t *testing.T) mailing.SuppressReason {
	t.Helper()
	h, err := w.store.MailHistory(t.Context(), theItem, 1, item.Reminder)
	require.NoError(t, err)
	return h.Suppressed
}

func (w *world) post(t *testing.T, token, body string) (*http.Response, string) {
	t.Helper()
	req := w.request(t, http.MethodPost, "/unsubscribe/"+token, body)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(t, browser(), req)
}

func TestUnsubscribe_openingTheLinkStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before, err := w.store.Timeline(t.Context(), theItem)
	require.NoError(t, err)
	for range 2 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			res, body := w.do(t, browser(), w.request(t, method, "/unsubscribe/"+w.stopToken(), ""))
			require.Equal(t, http.StatusOK, res.StatusCode)
			require.Equal(t, "no-referrer", res.Header.Get("Referrer-Policy"), "the path is a secret")
			require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
			if method == http.MethodGet {
				require.Equal(t, 1, strings.Count(body, "<button"), "one button, and nothing else is offered")
				require.Contains(t, body, `action="/unsubscribe/`+w.stopToken()+`"`)
			}
		}
	}
	require.Empty(t, w.stopped(t))
	after, err := w.store.Timeline(t.Context(), theItem)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestUnsubscribe_stopsMailsAndCallsAPersonOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, body := range []string{oneClick, "", oneClick} { // a mail program, our page's button, and again
		res, page := w.post(t, w.stopToken(), body)
		require.Equal(t, http.StatusOK, res.StatusCode, page)
		require.Contains(t, page, "You will get no more reminders")
		require.NotContains(t, page, "<button")
		require.Empty(t, res.Cookies())
	}
	require.Equal(t, mailing.Unsubscribed, w.stopped(t))
	open, err := w.store.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, tasks.Unsubscribed, open[0].Kind)
}

func TestUnsubscribe_respondsAlikeToForgedAndValidTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, good := w.post(t, w.stopToken(), oneClick)
	w2 := newWorld(t)
	for _, token := range []string{"forged", w2.deepLink, w2.deps.Links.Unsubscribe("nobody")} {
		res, body := w2.post(t, token, oneClick)
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Equal(t, good, body)
		_, asked := w2.do(t, browser(), w2.request(t, http.MethodGet, "/unsubscribe/"+token, ""))
		_, ours := w2.do(t, browser(), w2.request(t, http.MethodGet, "/unsubscribe/"+w2.stopToken(), ""))
		require.Equal(t, ours, strings.ReplaceAll(asked, token, w2.stopToken()))
	}
	require.Empty(t, w2.stopped(t), "a deep link ends no reminders")
	open, err := w2.store.Tasks(t.Context())
	require.NoError(t, err)
	require.Empty(t, open)
	res, _ := w2.do(t, browser(), w2.request(t, http.MethodGet, "/relink/"+w2.stopToken(), ""))
	require.Equal(t, http.StatusNotFound, res.StatusCode, "nor does a token to unsubscribe open the page")
}

func TestUnsubscribe_asksInTheBrowsersLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for language, want := range map[string]string{
		"de-DE,de;q=0.9": "Keine Erinnerungen mehr?",
		"es":             "¿No recibir más recordatorios?", "fr-CA": "Ne plus recevoir de rappels",
	} {
		req := w.request(t, http.MethodGet, "/unsubscribe/x", "")
		req.Header.Set("Accept-Language", language)
		_, body := w.do(t, browser(), req)
		require.Contains(t, body, want)
	}
}

// mailed claims a mail of the world's Item and returns its Message-ID.
func (w *world) mailed(t *testing.T) string {
	t.Helper()
	at := time.Now()
	c, err := w.store.ClaimMail(t.Context(), theItem, item.MailRef{Kind: item.Reminder, Incident: 1, Step: 1},
		mailing.Draft{MessageID: "one@relink.example", At: at, LinkExpiresAt: at.Add(deeplink.Life)}, mailing.Guard{})
	require.NoError(t, err)
	return c.Content.MessageID
}
