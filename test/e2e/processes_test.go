package e2e

import (
	"bufio"
	"context"
	"io"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api/v1/contract"
	"relink/internal/blackbox"
	"relink/internal/devstack"
	"relink/internal/vault"
	"relink/workflows"
)

var binaryDir string

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(binaryDir)
	os.Exit(code)
}

// relinkBinary builds relink once for this test binary.
var relinkBinary = sync.OnceValues(func() (path string, err error) {
	if binaryDir, err = os.MkdirTemp("", "relink-e2e-"); err != nil {
		return "", err
	}
	path = filepath.Join(binaryDir, "relink")
	build := exec.Command("go", "build", "-o", path, "relink")
	build.Stderr = os.Stderr
	return path, build.Run()
})

// heldToContract returns the URL of a proxy before another process's api. The proxy checks all traffic against the
// contract of /v1.
func heldToContract(t *testing.T, api string) (at string) {
	t.Helper()
	behind, err := url.Parse(api)
	require.NoError(t, err)
	return serve(t, contract.Hold(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }}))
}

func TestProcesses_killedBetweenSuccessAndResponseEndConnected(t *testing.T) {
	t.Parallel()
	ctx := within(t, 3*patience)
	binary, err := relinkBinary()
	require.NoError(t, err)
	s, err := devstack.Start(ctx, devstack.Options{
		Dir: t.TempDir(), Binary: binary, SearchAttributes: workflows.SearchAttributes(), CreateKeyset: vault.CreateKeyset,
		Log: func(l string) { t.Log(l) },
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() }) // its error names the killed parts
	w := s.Client
	w.API = heldToContract(t, w.API)
	it, err := w.Link(ctx, blueBottle)
	require.NoError(t, err)
	_, err = w.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	mail, err := w.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	link, err := mail.DeepLink()
	require.NoError(t, err)
	token, err := blackbox.Mint(ctx, link, it.ID)
	require.NoError(t, err)
	played, err := w.PlayLink(ctx, token, "user_good", "pass_good")
	require.NoError(t, err)

	require.NoError(t, s.Kill("worker"))
	require.NoError(t, s.Kill("temporal"))
	standing, err := blackbox.Complete(ctx, link, it.ID, played.Metadata.LinkSessionID)
	require.NoError(t, err, "the merchant's act is accepted while Temporal is away")
	require.Equal(t, "verifying", standing.State)
	require.NoError(t, s.Restart(ctx, "temporal"))
	require.NoError(t, s.Restart(ctx, "worker"))

	_, err = w.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	_, err = w.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
}

func TestProcesses_nothingOutlivesRelinkKilled(t *testing.T) {
	nothingOutlives(t, syscall.SIGKILL, "relink")
}

func TestProcesses_nothingOutlivesRelinkAskedToEnd(t *testing.T) {
	nothingOutlives(t, syscall.SIGTERM, "relink")
}

func TestProcesses_nothingOutlivesGoRunKilled(t *testing.T) {
	nothingOutlives(t, syscall.SIGKILL, "go", "run", ".")
}

func TestProcesses_nothingOutlivesGoRunAskedToEnd(t *testing.T) {
	nothingOutlives(t, syscall.SIGTERM, "go", "run", ".")
}

// nothingOutlives ends a relink of many processes with a signal to the first one.
func nothingOutlives(t *testing.T, signal syscall.Signal, command ...string) {
	t.Helper()
	ctx := within(t, 3*patience)
	dir := t.TempDir()
	if command[0] == "go" {
		root, err := filepath.Abs("../..")
		require.NoError(t, err)
		dir = root // go run works only there; git ignores what demo writes there
	} else {
		binary, err := relinkBinary()
		require.NoError(t, err)
		command = []string{binary}
	}
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], "demo", "--stay")...)
	cmd.Dir = dir
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	awaitLine(t, stderr, "ready")
	family := descendants(t, cmd.Process.Pid)
	require.Greater(t, len(family), 5, "Postgres, Temporal and three roles run")
	require.NoError(t, cmd.Process.Signal(signal))
	gone, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	require.NoError(t, blackbox.Await(gone, "every process to end", func(context.Context) (bool, error) {
		for _, pid := range family {
			if alive(pid) {
				return false, nil
			}
		}
		return true, nil
	}))
	_ = cmd.Wait()
}

// awaitLine reads until a line ends in the word. It then reads on in the background, so that the writer never blocks.
func awaitLine(t *testing.T, r io.Reader, word string) {
	t.Helper()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		t.Log(lines.Text())
		if strings.HasSuffix(lines.Text(), word) {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return
		}
	}
	require.Fail(t, "it ended before it was "+word)
}

// descendants lists all processes below one.
func descendants(t *testing.T, pid int) []int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-axo", "pid=,ppid=").Output()
	require.NoError(t, err)
	children := map[int][]int{}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		child, err1 := strconv.Atoi(f[0])
		parent, err2 := strconv.Atoi(f[1])
		require.NoError(t, err1)
		require.NoError(t, err2)
		children[parent] = append(children[parent], child)
	}
	var all []int
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		all = append(all, children[next[0]]...)
		next = append(next, children[next[0]]...)
	}
	return all
}

// alive reports whether the process runs; one that only waits to be reaped does not.
func alive(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}
