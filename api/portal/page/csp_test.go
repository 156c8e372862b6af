package page_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
)

func TestCSP_allowsLinkAndNothingElse(t *testing.T) {
	t.Parallel()
	require.Equal(t, "default-src 'none'; script-src 'self' https://cdn.plaid.com; "+
		"style-src 'self' 'unsafe-inline'; frame-src https://cdn.plaid.com; "+
		"connect-src 'self' https://cdn.plaid.com https://production.plaid.com https://sandbox.plaid.com; "+
		"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", page.CSP(linkScript))
	local := page.CSP("http://127.0.0.1:8790/link/v2/stable/link-initialize.js")
	require.Contains(t, local, "script-src 'self' http://127.0.0.1:8790;")
	require.Contains(t, local, "connect-src 'self' http://127.0.0.1:8790;")
	require.NotContains(t, local, "plaid.com")
}

func TestCSP_wrongScriptURLAllowsNothing(t *testing.T) {
	t.Parallel()
	strict := page.CSP("")
	require.Contains(t, strict, "script-src 'self';")
	require.Contains(t, strict, "style-src 'self';")
	require.Contains(t, strict, "frame-src 'none';")
	for _, raw := range []string{
		"*", "https://", "javascript:alert(1)", "//cdn.example.com/x.js", "https://a;script-src *", "https://*/x.js", "https://a b/x.js",
		"data:text/javascript,1",
	} {
		require.Equal(t, strict, page.CSP(raw), raw)
	}
}
