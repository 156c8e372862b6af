package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api/web"
	"relink/internal/deeplink"
	"relink/internal/item"
)

func TestResendLink_respondsAlikeToExpiredAndForgedLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.breakIt(t, item.Credentials)
	dead := w.deps.Links.Token(deeplink.Grant{MerchantID: "blue", Slot: "s", Expires: time.Now().Add(-time.Hour)})
	made := dead[:len(dead)-1] + "x"
	require.Equal(t, http.StatusNotFound, w.phone(t, nil).asks(t, http.MethodGet, "/relink/"+dead, "").Code)

	p := w.phone(t, nil)
	ofMadeUp := p.asks(t, http.MethodPost, "/relink/"+made+"/fresh", "")
	require.Equal(t, http.StatusOK, ofMadeUp.Code)
	require.Empty(t, w.acted(t, item.NewLinkRequested))
	began := time.Now()
	ofDead := p.asks(t, http.MethodPost, "/relink/"+dead+"/fresh", "")
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond, "what it cost is not to be seen")
	require.Equal(t, ofMadeUp.Code, ofDead.Code)
	require.Equal(t, ofMadeUp.Body.String(), ofDead.Body.String())
	require.NotEqual(t, ofMadeUp.Header().Get(web.RequestIDHeader), ofDead.Header().Get(web.RequestIDHeader))
	ofMadeUp.Header().Del(web.RequestIDHeader)
	ofDead.Header().Del(web.RequestIDHeader)
	require.Equal(t, ofMadeUp.Header(), ofDead.Header())
	require.Len(t, w.acted(t, item.NewLinkRequested), 1)

	require.Equal(t, ofDead.Body.String(), p.asks(t, http.MethodPost, "/relink/"+dead+"/fresh", "").Body.String())
	require.Len(t, w.acted(t, item.NewLinkRequested), 1, "one an hour")
}

func TestResendLink_refusesASourceThatAsksTooOften(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.phone(t, nil)
	for range 10 {
		require.Equal(t, http.StatusOK, p.asks(t, http.MethodPost, "/relink/made-up/fresh", "").Code)
	}
	require.Equal(t, http.StatusTooManyRequests, p.asks(t, http.MethodPost, "/relink/made-up/fresh", "").Code)
	require.Equal(t, http.StatusTooManyRequests, p.asks(t, http.MethodPost, "/relink/"+w.deepLink+"/fresh", "").Code)
}
