package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api"
	"relink/internal/item"
	"relink/internal/plaid"
)

func hostedIn(countries ...string) func(*api.Options, *mint) {
	return func(o *api.Options, m *mint) {
		o.HostedCountries, m.hosted = countries, "https://secure.plaid.com/hl/x"
	}
}

func TestCompleteLink_hostedEndsByPlaidsReportNotByTheReturn(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, hostedIn("GB", "US"))
	p.breakIt(t, item.Credentials)
	rec := p.says(t, "link-token")
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	require.Equal(t, "https://secure.plaid.com/hl/x", field(t, rec, "hosted_link_url"))
	require.NotContains(t, rec.Body.String(), mintedToken)
	require.Equal(t, p.at+"/relink/return", p.mint.asked.HostedReturn)
	require.Empty(t, p.mint.asked.RedirectURI)
	require.True(t, p.acted(t, item.LinkOpened)[0].Until.IsZero(), "it pauses no mails")

	require.True(t, resumes(p.asks(t, http.MethodGet, "/relink/return", "")))
	require.Equal(t, http.StatusNotFound, p.says(t, "resume").Code, "there is nothing to open in our page")
	require.Equal(t, "verifying", field(t, p.says(t, "complete"), "state"))
	require.Empty(t, p.acted(t, item.LinkFinished), "the return alone says nothing")
	p.mint.end = plaid.LinkSucceeded
	require.Equal(t, "connected", field(t, p.says(t, "complete"), "state"))
	require.Len(t, p.acted(t, item.LinkFinished), 1)
}

func TestCompleteLink_respondsAtOnceAfterHostedLinkWasLeft(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, hostedIn("US"))
	p.breakIt(t, item.Credentials)
	require.Equal(t, http.StatusOK, p.says(t, "link-token").Code)
	p.mint.end = plaid.LinkLeft
	rec := p.says(t, "complete")
	require.Equal(t, true, field(t, rec, "left"))
	require.Equal(t, "login_required", field(t, rec, "state"))
	require.Len(t, p.acted(t, item.LinkLeft), 1)
	require.Empty(t, p.acted(t, item.LinkFinished))
}

func TestKeepEvent_keepsBoundedTexts(t *testing.T) {
	t.Parallel()
	p := newWorld(t).phone(t, nil)
	report := func(name string) int {
		return p.asks(t, http.MethodPost, "/relink/"+p.deepLink+"/events", `{"item_id":"`+theItem+`","link_session_id":"s","event_name":"`+name+
			`","view_name":"CREDENTIAL","timestamp":"2026-11-22T12:00:00Z"}`).Code
	}
	require.Equal(t, http.StatusNoContent, report("OPEN"))
	require.Equal(t, http.StatusNoContent, report(strings.Repeat("é", 200)))
	require.Equal(t, http.StatusBadRequest, report(""))
	require.Equal(t, http.StatusNoContent, p.says(t, "exit").Code)
}
