package mailbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail"
)

func TestRefuse_clientGetsTheRefusalAndNothingIsKept(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code           int
		enhanced, text string
		temporary      bool
	}{
		"temporary":             {451, "4.7.1", "try again later", true},
		"final":                 {550, "5.1.1", "no such mailbox", false},
		"temporary, class only": {450, "", "busy", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			require.NoError(t, b.box.Refuse(tc.code, tc.enhanced, tc.text, 2))
			for range 2 {
				err := b.send(t, letter(t, "r@x"))
				var refused *mail.SendError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, tc.code, refused.ErrorCode())
				require.Equal(t, tc.temporary, refused.IsTemp())
				require.Contains(t, err.Error(), tc.text)
				if tc.enhanced != "" {
					require.Equal(t, tc.enhanced, refused.EnhancedStatusCode())
				}
			}
			var page messages
			b.getJSON(t, "/api/v1/messages", &page)
			require.Zero(t, page.Total)

			require.NoError(t, b.send(t, letter(t, "r@x")), "the third is taken")
			b.getJSON(t, "/api/v1/messages", &page)
			require.Equal(t, 1, page.Total)
		})
	}
}

func TestRefuse_endsEarlyWithTimes0(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.box.Refuse(421, "", "closing", 100))
	require.NoError(t, b.box.Refuse(421, "", "closing", 0))
	require.NoError(t, b.send(t, letter(t, "r@x")))
}

func TestRefuse_overHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := func(body string, headers ...string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/control/refuse", strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := b.web.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	for _, bad := range []string{
		``, `{`, `{"code":250,"times":1}`, `{"code":600,"times":1}`, `{"code":451,"times":-1}`, `{"code":451,"enhanced":"5.1.1","times":1}`,
		`{"code":451,"enhanced":"4.1","times":1}`, `{"code":451,"enhanced":"4.1.1x","times":1}`,
		`{"code":451,"message":"a\r\n250 ok","times":1}`, `{"code":451,"time":1}`,
	} {
		require.Equal(t, http.StatusBadRequest, post(bad), bad)
	}
	require.Equal(t, http.StatusForbidden, post(`{"code":554,"message":"no","times":1}`, "Sec-Fetch-Site", "cross-site"))
	require.NoError(t, b.send(t, letter(t, "before@x")), "none of these changed anything")

	require.Equal(t, http.StatusNoContent, post(`{"code":554,"enhanced":"5.7.1","message":"looks like spam","times":1}`))
	var refused *mail.SendError
	require.ErrorAs(t, b.send(t, letter(t, "r@x")), &refused)
	require.Equal(t, 554, refused.ErrorCode())
	require.Equal(t, "5.7.1", refused.EnhancedStatusCode())
	require.NoError(t, b.send(t, letter(t, "r@x")))
}
