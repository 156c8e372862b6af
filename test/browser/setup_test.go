//go:build browser

package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
	"relink/internal/devstack"
	"relink/internal/devstack/scratch"
	"relink/internal/vault"
	"relink/workflows"
)

var shotsDir = flag.String("shots", "", "folder to keep the screenshots in; without it they go with the test")

const patience = 60 * time.Second

// suite is what all tests share: one relink with all its dependencies, and one Chromium.
type suite struct {
	*devstack.Stack
	chromium context.Context // tabs are made from it
}

var (
	shared = sync.OnceValues(startSuite)
	ending cleanups
)

// cleanups are the functions to call at the end, the last one first.
type cleanups struct {
	mu  sync.Mutex
	all []func() error
}

func (s *cleanups) push(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, f)
}

func TestMain(m *testing.M) {
	m.Run()
	for _, end := range slices.Backward(ending.all) {
		if err := end(); err != nil {
			fmt.Fprintln(os.Stderr, "stop what the tests started:", err)
		}
	}
}

// enter returns the shared suite, and a context that bounds the test's waiting.
func enter(t *testing.T) (*suite, context.Context) {
	t.Helper()
	h, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return h, ctx
}

func startSuite() (*suite, error) {
	chromium, err := findChromium()
	if err != nil {
		return nil, err
	}
	dir, err := scratch.New("browser")
	if err != nil {
		return nil, err
	}
	ending.push(dir.Remove)
	h := &suite{}
	var g errgroup.Group
	g.Go(func() (err error) {
		h.Stack, err = startRelink(dir.Path)
		return err
	})
	g.Go(func() (err error) {
		h.chromium, err = startChromium(chromium, filepath.Join(dir.Path, "profile"))
		return err
	})
	return h, g.Wait()
}

func startRelink(dir string) (*devstack.Stack, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	binary := filepath.Join(dir, "relink")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "relink")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build relink: %w: %s", err, out)
	}
	relink, err := devstack.Start(ctx, devstack.Options{
		Dir: dir, Binary: binary, SearchAttributes: workflows.SearchAttributes(), CreateKeyset: vault.CreateKeyset,
		Log: func(line string) { fmt.Fprintln(os.Stderr, line) },
	})
	if err != nil {
		return nil, fmt.Errorf("start relink: %w", err)
	}
	ending.push(relink.Stop)
	return relink, nil
}

// errNoChromium says what to install.
var errNoChromium = errors.New("no Chromium found: install it (Debian: apt-get install chromium) " +
	"so that chromium, chromium-browser or google-chrome is on PATH")

func findChromium() (string, error) {
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoChromium
}

func startChromium(path, profile string, more ...chromedp.ExecAllocatorOption) (context.Context, error) {
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.DisableGPU,
		// A sandboxed frame, like the mailbox's, would be a process of its own, which the emulated phone does not reach.
		chromedp.Flag("disable-features", "Translate,IsolateSandboxedIframes"),
		// Without these flags Chromium calls its vendor for updates and the like.
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Env("TZ=UTC", "LANG=en_US.UTF-8"),
	)
	flags = append(flags, more...)
	if os.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox) // Chromium's sandbox refuses to run as root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	ending.push(func() error {
		closeBrowser()
		stop()
		return nil
	})
	return ctx, nil
}

// incident links an Item for a merchant whose bank then refuses the login. It returns the Item and the mail.
func (h *suite) incident(t *testing.T, ctx context.Context, m blackbox.Merchant) (blackbox.Item, blackbox.Mail) {
	t.Helper()
	return h.breakAt(t, ctx, "ins_109508", m)
}

// breakAt makes an incident at another bank.
func (h *suite) breakAt(t *testing.T, ctx context.Context, institution string, m blackbox.Merchant) (blackbox.Item, blackbox.Mail) {
	t.Helper()
	it := h.broken(t, ctx, institution, m)
	mail, err := h.Client.AwaitMail(ctx, m.Email, 1)
	require.NoError(t, err)
	return it, mail
}

// broken returns an Item that is broken in relink as well.
func (h *suite) broken(t *testing.T, ctx context.Context, institution string, m blackbox.Merchant) blackbox.Item {
	t.Helper()
	token, err := h.Client.PublicToken(ctx, institution, h.Client.WebhookURL())
	require.NoError(t, err)
	it, err := h.Client.Enrol(ctx, token, m)
	require.NoError(t, err)
	_, err = h.Client.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	it, err = h.Client.AwaitState(ctx, it.ID, "login_required", 1)
	require.NoError(t, err)
	return it
}

// relinked repairs an Item through Link without a browser.
func (h *suite) relinked(t *testing.T, ctx context.Context, it blackbox.Item, link string) {
	t.Helper()
	token, err := blackbox.Mint(ctx, link, it.ID)
	require.NoError(t, err)
	played, err := h.Client.PlayLink(ctx, token, "user_good", "pass_good")
	require.NoError(t, err)
	_, err = blackbox.Complete(ctx, link, it.ID, played.Metadata.LinkSessionID)
	require.NoError(t, err)
}

func deepLink(t *testing.T, mail blackbox.Mail) string {
	t.Helper()
	link, err := mail.DeepLink()
	require.NoError(t, err)
	return link
}

func blueBottle(id, email string) blackbox.Merchant {
	return blackbox.Merchant{
		ID: id, BusinessName: "Blue Bottle", ContactName: "Ada", Email: email, TimeZone: "America/New_York", Locale: "en-US", Partner: "iso-7",
	}
}
