package testkit

import (
	"bytes"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
)

func TestKeeper_packagesOfARunShareServersThatEndWithIt(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	cmd, said := probes(t, dir, "both", "", "go", "test", "-count=1", "./testdata/probe/a", "./testdata/probe/b")
	var keepers []proc.ID
	require.NoError(t, cmd.Start())
	run := runOf(t, cmd)
	keepers = append(keepers, keeperOf(t, run, kindPostgres), keeperOf(t, run, kindTemporal))
	require.NoError(t, cmd.Wait(), said)

	a, b := readNote(t, dir, "a"), readNote(t, dir, "b")
	require.Equal(t, a.Server, b.Server)
	require.Equal(t, a.Temporal, b.Temporal)
	require.NotEqual(t, a.URL, b.URL, "a database for each test")
	require.NotEqual(t, a.Temporal, Temporal(t).Address, "another run has another server")
	requireOver(t, run, a, keepers...)
}

func TestKeeper_endsWithAKilledGoCommandAndStartsOnlyWhatTestsAskFor(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	cmd, _ := probes(t, dir, "postgres", "yes", "go", "test", "-count=1", "./testdata/probe/a")
	require.NoError(t, cmd.Start())
	run := runOf(t, cmd)
	keeper := keeperOf(t, run, kindPostgres)
	require.Eventually(t, func() bool { return exists(filepath.Join(dir, "a")) }, 30*time.Second, 10*time.Millisecond)
	require.NoFileExists(t, run.path(kindTemporal, ".log"), "nobody asked for Temporal")

	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	requireOver(t, run, readNote(t, dir, "a"), keeper)
}

// As an ordinary user, where we are root; the binary is run by hand, so that its parent is not the go command.
func TestKeeper_endsWithATestBinaryRunByHand(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	binary := filepath.Join(dir, "b.test")
	out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", binary, "./testdata/probe/b").CombinedOutput()
	require.NoError(t, err, string(out))

	cmd, said := probes(t, dir, "postgres", "", binary)
	cmd.Dir = "/"
	cmd.Env = append(cmd.Env, "HOME=/nonexistent")
	if os.Geteuid() == 0 {
		nobody, err := user.Lookup("nobody")
		require.NoError(t, err)
		uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
		require.NoError(t, err)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	require.NoError(t, cmd.Run(), said)
	b := readNote(t, dir, "b")
	require.NotEqual(t, dataDir(t, Postgres(t).URL), b.Server, "not the server of this run")
	requireStopped(t, b)
}

// probes is a command that runs the probe packages, whose notes go to dir, and what it says, to be read when it has
// ended.
func probes(t *testing.T, dir, want, block string, args ...string) (cmd *exec.Cmd, said *bytes.Buffer) {
	t.Helper()
	cmd, said = exec.CommandContext(t.Context(), args[0], args[1:]...), &bytes.Buffer{}
	cmd.Env = append(cmd.Environ(), "RELINK_PROBE_DIR="+dir, "RELINK_PROBE_WANT="+want, "RELINK_PROBE_BLOCK="+block)
	cmd.Stdout, cmd.Stderr = said, said
	return cmd, said
}

// openDir is a folder that another user may write to.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := scratch.New("test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dir.Remove()) })
	require.NoError(t, os.Chmod(dir.Path, 0o777))
	return dir.Path
}

// runOf is the run of a go command that we started.
func runOf(t *testing.T, cmd *exec.Cmd) run {
	t.Helper()
	id, err := proc.Identify(cmd.Process.Pid)
	require.NoError(t, err)
	return run{dir: runDir(id), watch: id}
}

func keeperOf(t *testing.T, r run, kind string) proc.ID {
	t.Helper()
	var e endpoint
	require.Eventually(t, func() bool {
		var err error
		e, err = r.read(kind)
		return err == nil
	}, 60*time.Second, 5*time.Millisecond, "the keeper of %s has not come up", kind)
	require.Empty(t, e.Failure)
	require.NotEqual(t, os.Getpid(), e.Keeper.PID)
	return e.Keeper
}

// note is what a probe got.
type note struct {
	Server   string `json:"server"` // Postgres's data folder, one for each server
	URL      string `json:"url"`
	Temporal string `json:"temporal"`
}

func readNote(t *testing.T, dir, name string) (got note) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &got))
	return got
}

// requireOver wants all of a run gone within 5 s.
func requireOver(t *testing.T, r run, got note, keepers ...proc.ID) {
	t.Helper()
	for _, keeper := range keepers {
		require.Eventually(t, func() bool { return !keeper.Alive() }, 5*time.Second, 10*time.Millisecond, "keeper %d is left", keeper.PID)
	}
	require.NoDirExists(t, r.dir)
	requireStopped(t, got)
}

func requireStopped(t *testing.T, got note) {
	t.Helper()
	address, err := url.Parse(got.URL)
	require.NoError(t, err)
	for _, hostPort := range []string{address.Host, got.Temporal} {
		if hostPort == "" {
			continue
		}
		require.Eventually(t, func() bool {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", hostPort)
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		}, 5*time.Second, 10*time.Millisecond, "somebody still listens on %s", hostPort)
	}
	require.Eventually(t, func() bool { return !exists(got.Server) }, 5*time.Second, 10*time.Millisecond, "the cluster is left")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
