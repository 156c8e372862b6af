package issuer

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var (
	formTarget = regexp.MustCompile(`<form method="post" action="([^"]+)">`)
	hiddenPart = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// SignIn does what a person with a browser would: it opens a page that asks for sign-in, chooses the person at this
// issuer, and follows the redirects. It returns the browser, signed in, and the page that it shows. Afterwards the
// browser follows no redirect by itself.
func SignIn(ctx context.Context, page, subject string) (browser *http.Client, shown string, err error) {
	jar, _ := cookiejar.New(nil) // it returns no error
	browser = &http.Client{Jar: jar, Timeout: 10 * time.Second}
	at, choice, err := open(ctx, browser, http.MethodGet, page, nil)
	if err != nil {
		return nil, "", err
	}
	target := formTarget.FindStringSubmatch(choice)
	if target == nil {
		return nil, "", fmt.Errorf("open %s: it led to %s, where nobody can be chosen", page, at.Host)
	}
	form := url.Values{"person": {subject}}
	for _, hidden := range hiddenPart.FindAllStringSubmatch(choice, -1) {
		form.Set(hidden[1], html.UnescapeString(hidden[2]))
	}
	_, shown, err = open(ctx, browser, http.MethodPost, at.ResolveReference(&url.URL{Path: target[1]}).String(), form)
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return browser, shown, err
}

// open returns the page that a request leads to, and where that is.
func open(ctx context.Context, browser *http.Client, method, target string, form url.Values) (at *url.URL, page string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := browser.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.Request.URL, string(body), err
}
