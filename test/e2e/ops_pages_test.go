package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/devstack/issuer"
)

// read returns a page that a signed-in browser opens.
func read(t *testing.T, ctx context.Context, browser *http.Client, page string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	require.NoError(t, err)
	res, err := browser.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	html, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	return string(html)
}

func TestOpsPages_showAnIncidentFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link := broken(t, s, ctx)

	olga, page, err := issuer.SignIn(ctx, s.API+"/ops", "olga")
	require.NoError(t, err)
	require.Contains(t, page, "1 Item needs somebody")
	require.Contains(t, page, "Blue Bottle")
	require.Contains(t, page, "The bank refuses the saved sign-in")
	require.Contains(t, page, `href="/ops/items/`+it.ID+`"`)

	require.Equal(t, blackbox.Standing{State: "connected", Incident: 1}, repaired(t, s, ctx, it, link))
	_, err = s.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
	_, err = s.AwaitMoment(ctx, it.ID, "mail_sent", 2)
	require.NoError(t, err)

	require.Contains(t, read(t, ctx, olga, s.API+"/ops"), "Everything is connected")
	page = read(t, ctx, olga, s.API+"/ops/items/"+it.ID)
	at := len(page)
	for _, line := range []string{ // the page has the newest first
		"Enrolled", "Incident 1 opened", "A reminder went to the merchant", "The merchant opened Link", "The merchant finished Link",
		"Incident 1 closed", "The thanks went to the merchant",
	} {
		found := strings.LastIndex(page[:at], line)
		require.Positive(t, found, "%q is missing, or comes too early:\n%s", line, page)
		at = found
	}
	require.Contains(t, page, "Plaid sent ITEM: ERROR")
	require.NotContains(t, page, link)
	require.NotContains(t, page, blueBottle.Email)
}
