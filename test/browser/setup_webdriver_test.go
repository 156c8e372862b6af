//go:build browser

package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/devstack/freeport"
	"relink/internal/devstack/proc"
)

// safari is the user agent of an iPhone's browser: the local Plaid leads phones to a bank in the same window.
const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15" +
	" (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"

// webkit is a window of WebKit's, driven by the protocol that Safari speaks as well (https://www.w3.org/TR/webdriver2).
type webkit struct {
	t       *testing.T
	ctx     context.Context
	session string // URL
	inLink  bool   // actions are for Link's frame
}

// openWebKit starts Debian's WebKit on a screen of its own, about as wide as a phone's. Its windows cannot be narrower.
func openWebKit(t *testing.T, ctx context.Context, url string) *webkit {
	t.Helper()
	driver, err1 := exec.LookPath("WebKitWebDriver")
	screen, err2 := exec.LookPath("xvfb-run")
	browsers, err3 := filepath.Glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser")
	if err1 != nil || err2 != nil || err3 != nil || len(browsers) == 0 {
		t.Skip("no WebKit: apt-get install webkit2gtk-driver xvfb xauth, to see the page as Safari shows it")
	}
	port, err := freeport.Take()
	require.NoError(t, err)
	log, err := os.Create(filepath.Join(t.TempDir(), "webkit.log"))
	require.NoError(t, err)
	p, err := proc.Start(proc.Options{
		Name: "WebKit", Path: screen, Args: []string{"-a", driver, "--host=127.0.0.1", fmt.Sprintf("--port=%d", port)}, Output: log,
		Env: append(os.Environ(), "LIBGL_ALWAYS_SOFTWARE=1", "WEBKIT_DISABLE_COMPOSITING_MODE=1",
			"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1"), // its sandbox does not work in a container
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("WebKit said: %s", text)
		}
	})
	k := &webkit{t: t, ctx: ctx, session: fmt.Sprintf("http://127.0.0.1:%d/session", port)}
	var opened struct {
		SessionID string `json:"sessionId"`
	}
	require.NoError(t, blackbox.Await(ctx, "WebKit to open a window", func(context.Context) (bool, error) {
		return true, k.ask("POST", "", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
			"webkitgtk:browserOptions": map[string]any{"binary": browsers[0], "args": []string{"--automation", "--user-agent=" + safari}},
		}}}, &opened)
	}))
	k.session += "/" + opened.SessionID
	t.Cleanup(func() {
		var cancel context.CancelFunc
		k.ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = k.ask("DELETE", "", nil, nil)
	})
	k.must("POST", "/window/rect", map[string]any{"width": 447, "height": 844}, nil)
	k.must("POST", "/url", map[string]any{"url": url}, nil)
	return k
}

// ask sends one command. If value is not nil, it is set to the result.
func (k *webkit) ask(method, path string, in, value any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(k.ctx, method, k.session+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, answer.Value)
	}
	if value == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, value)
}

func (k *webkit) must(method, path string, in, value any) {
	k.t.Helper()
	require.NoError(k.t, k.ask(method, path, in, value))
}

// eval runs a script's body in the frame that was entered last, else in the page.
func (k *webkit) eval(script string) string {
	k.t.Helper()
	var said string
	k.must("POST", "/execute/sync", map[string]any{"script": script, "args": []any{}}, &said)
	return said
}

// do waits until the element is visible and accepts the action. For an element in Link, each try enters Link's frame
// anew, because WebKit's driver sometimes loses a frame after a return from another site, although the frame is
// unchanged. A frame that is really gone is not found again, and the test fails.
func (k *webkit) do(selector, act string, with map[string]any) {
	k.t.Helper()
	require.NoError(k.t, blackbox.Await(k.ctx, selector+" to take the act "+act, func(context.Context) (bool, error) {
		if k.inLink {
			if err := k.enterLink(); err != nil {
				return false, err
			}
		}
		var element map[string]string
		if err := k.ask("POST", "/element", map[string]any{"using": "css selector", "value": selector}, &element); err != nil {
			return false, err
		}
		path := "/element/" + element[elementKey]
		var seen bool
		if err := k.ask("GET", path+"/displayed", nil, &seen); err != nil || !seen {
			return false, err
		}
		err := k.ask("POST", path+act, with, nil)
		return err == nil, err
	}))
}

// elementKey is the protocol's key of an element's reference.
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

func (k *webkit) tap(selector string) {
	k.t.Helper()
	k.do(selector, "/click", map[string]any{})
}

func (k *webkit) enter(selector, text string) {
	k.t.Helper()
	k.tap(selector) // like a finger, so that the field has the focus
	k.do(selector, "/value", map[string]any{"text": text})
}

// enterLink enters Link's frame from the page.
func (k *webkit) enterLink() error {
	var frame map[string]string
	err := errors.Join(
		k.ask("POST", "/frame", map[string]any{"id": nil}, nil),
		k.ask("POST", "/element", map[string]any{"using": "css selector", "value": "iframe[title^='Plaid Link']"}, &frame),
	)
	if err != nil {
		return err
	}
	return k.ask("POST", "/frame", map[string]any{"id": frame}, nil)
}

// link waits until Link shows the words, and stays in its frame.
func (k *webkit) link(words string) {
	k.t.Helper()
	k.inLink = true
	shown := ""
	err := blackbox.Await(k.ctx, "Link to say "+words, func(context.Context) (bool, error) {
		err := k.enterLink()
		if err == nil {
			err = k.ask("POST", "/execute/sync", text, &shown)
		}
		return err == nil && strings.Contains(shown, words), err
	})
	require.NoError(k.t, err, "it says: %s", shown)
}

// leave returns from Link's frame to the page.
func (k *webkit) leave() {
	k.t.Helper()
	k.inLink = false
	k.must("POST", "/frame", map[string]any{"id": nil}, nil)
}

// text is the script that returns the visible text.
var text = map[string]any{"script": "return document.body.innerText", "args": []any{}}

// reads waits until the page shows the words.
func (k *webkit) reads(words string) {
	k.t.Helper()
	shown := ""
	err := blackbox.Await(k.ctx, "the words "+words, func(context.Context) (bool, error) {
		err := k.ask("POST", "/execute/sync", text, &shown)
		return strings.Contains(shown, words), err
	})
	require.NoError(k.t, err, "it reads: %s", shown)
}
