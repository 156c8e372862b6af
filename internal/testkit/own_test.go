package testkit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
)

// The test binary plays a program that runs both servers, as relink demo does, until it is killed.
const bothVar = "RELINK_TESTKIT_BOTH"

func TestMain(m *testing.M) {
	if os.Getenv(bothVar) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	if err := runBoth(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runBoth(ctx context.Context) error {
	up := make(chan error)
	go func() {
		_, err := pgserver.Start(ctx, pgserver.Options{Fsync: true})
		up <- err
	}()
	go func() {
		_, err := temporalserver.Start(ctx, temporalserver.Options{})
		up <- err
	}()
	if err := errors.Join(<-up, <-up); err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

func TestServers_ofAKilledProgramLeaveNoProcess(t *testing.T) {
	t.Parallel()
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(program.Environ(), bothVar+"=1")
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	require.True(t, bufio.NewScanner(out).Scan(), "it is ready")

	left := descendants(t, program.Process.Pid)
	require.Greater(t, len(left), 3, "Temporal, Postgres and Postgres's own children")
	require.NoError(t, program.Process.Kill())
	require.Error(t, program.Wait())
	require.Eventually(t, func() bool {
		for _, id := range left {
			if id.Alive() {
				return false
			}
		}
		return true
	}, 5*time.Second, 10*time.Millisecond)
}

func TestOwnPostgres_startsAgainOnItsData(t *testing.T) {
	t.Parallel()
	first := OwnPostgres(t, pgserver.Options{})
	require.NoError(t, first.CreateDatabase(t.Context(), "kept"))
	first.Kill()
	_, err := pgx.Connect(t.Context(), first.URL("kept"))
	require.Error(t, err)
	second := OwnPostgres(t, pgserver.Options{Dir: first.Dir, Port: first.Port})
	require.Equal(t, "kept", databaseOf(t, second.URL("kept")))
	connect(t, first.URL("kept"))
}

// descendants are all processes below pid.
func descendants(t *testing.T, pid int) (below []proc.ID) {
	t.Helper()
	children := map[int][]int{}
	for _, line := range processes(t) {
		var child, parent int
		_, err := fmt.Sscan(line, &child, &parent)
		require.NoError(t, err)
		children[parent] = append(children[parent], child)
	}
	for next := children[pid]; len(next) > 0; next = next[1:] {
		if id, err := proc.Identify(next[0]); err == nil {
			below = append(below, id)
		}
		next = append(next, children[next[0]]...)
	}
	return below
}

// processes lists the ids of all processes, each with its parent's.
func processes(t *testing.T) (pairs []string) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	if len(stats) == 0 { // not on Linux
		out, err := exec.CommandContext(t.Context(), "ps", "-axo", "pid=,ppid=").Output()
		require.NoError(t, err)
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		require.NoError(t, err)
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		pairs = append(pairs, fmt.Sprintf("%d %s", pid, fields[1])) // the state, then the parent
	}
	return pairs
}
