package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/mailing"
	"relink/internal/signin"
)

func (w *world) bounce(t *testing.T, body string) (*http.Response, string) {
	t.Helper()
	req := w.request(t, http.MethodPost, "/v1/mail-bounces", body)
	req.Header.Set("Authorization", "Bearer "+issued(t, w.issuer, signin.Platform))
	return w.do(t, browser(), req)
}

func TestBounce_permanentStopsMailsAndKeepsNoWordsOfTheServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.mailed(t)
	for range 2 {
		res, body := w.bounce(t, `{"message_id":"<`+id+`>","kind":"bounce","permanent":true,`+
			`"detail":"550 5.1.1 <ada@bluebottle.example>: no such user"}`)
		require.Equal(t, http.StatusOK, res.StatusCode, body)
		require.JSONEq(t, `{"item_id":"`+theItem+`","merchant_id":"blue","suppressed":true}`, body)
	}
	require.Equal(t, mailing.Bounced, w.stopped(t))
	moments, err := w.store.Timeline(t.Context(), theItem)
	require.NoError(t, err)
	bounces := 0
	for _, m := range moments {
		if m.What == "mail_bounce" {
			bounces++
			var data map[string]any
			require.NoError(t, json.Unmarshal(m.Data, &data))
			require.Equal(t, "550 5.1.1", data["codes"])
		}
		require.NotContains(t, string(m.Data), "ada@")
	}
	require.Equal(t, 1, bounces)
	tasks, err := w.store.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, tasks, 1)
}

func TestBounce_temporaryIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, body := w.bounce(t, `{"message_id":"`+w.mailed(t)+`","kind":"bounce","permanent":false,"detail":"mailbox full"}`)
	require.Equal(t, http.StatusOK, res.StatusCode, body)
	require.Empty(t, w.stopped(t))
}

func TestBounce_ofNoMailOrOfTheWrongFormIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, want := range map[string]struct {
		status int
		says   string
	}{
		`{"message_id":"<other@example.com>","kind":"bounce","permanent":true}`: {http.StatusNotFound, "message_id is that of no mail of ours"},
		`{"message_id":" ","kind":"bounce"}`:                                    {http.StatusBadRequest, "message_id is missing"},
		`{"message_id":"a@b","kind":"delivered"}`:                               {http.StatusBadRequest, "kind is not one of bounce, complaint"},
		`{"message_id":"a@b","kind":"bounce","recipient":"ada@example.com"}`: {
			http.StatusBadRequest,
			"a field that is not known here; there are detail, kind, message_id, permanent",
		},
	} {
		res, response := w.bounce(t, body)
		require.Equal(t, want.status, res.StatusCode, body)
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
		require.Contains(t, response, want.says)
		for _, sent := range []string{"other@", "delivered", "recipient", "ada@"} {
			require.NotContains(t, response, sent)
		}
	}
}
