package page

import (
	"net/url"
	"strings"
)

// CSP returns the Content-Security-Policy of a page that may open Link from linkScriptURL. Without a usable URL it
// allows the page's own assets only.
//
// style-src needs 'unsafe-inline': Link's script puts a style element and style attributes into the page, to lay its
// frame over everything (https://github.com/plaid/react-plaid-link/issues/118). Plaid offers a nonce instead
// (react-plaid-link 4.2.0, cspNonce). It does not cover the style attributes, and is not documented for the plain
// script. 'unsafe-inline' for styles does not allow scripts: script-src stays without it.
//
// Do not add Cross-Origin-Opener-Policy: a bank's sign-in opens in a pop-up that must find its way back to Link.
func CSP(linkScriptURL string) string {
	scripts, frames, connects, styles := []string{"'self'"}, []string{"'none'"}, []string{"'self'"}, []string{"'self'"}
	if origin, host := originOf(linkScriptURL); origin != "" {
		scripts = append(scripts, origin)
		frames = []string{origin}
		connects = append(connects, origin)
		if host == "cdn.plaid.com" {
			// The script at the CDN talks to the API's hosts: https://plaid.com/docs/link/web/#csp-directives
			connects = append(connects, "https://production.plaid.com", "https://sandbox.plaid.com")
		}
		styles = append(styles, "'unsafe-inline'")
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src " + strings.Join(scripts, " "),
		"style-src " + strings.Join(styles, " "),
		"frame-src " + strings.Join(frames, " "),
		"connect-src " + strings.Join(connects, " "),
		"img-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// originOf returns the origin and the host of a plain web address, and "" for anything else, so that a wrong setting
// cannot write into the policy.
func originOf(raw string) (origin, host string) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || strings.ContainsAny(u.Host, " ;,'*") {
		return "", ""
	}
	return u.Scheme + "://" + u.Host, u.Hostname()
}
