package pgserver_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
)

func TestStart_twoThrowAwayClustersRunSideBySideAndLeaveNothing(t *testing.T) {
	t.Parallel()
	var servers [2]*pgserver.Server
	errs := make(chan error, len(servers))
	for i := range servers {
		go func() {
			var err error
			servers[i], err = pgserver.Start(t.Context(), pgserver.Options{})
			errs <- err
		}()
	}
	require.NoError(t, errors.Join(<-errs, <-errs))
	require.NotEqual(t, servers[0].Port, servers[1].Port)
	for _, s := range servers {
		execute(t, s, "CREATE TABLE mine AS SELECT "+strconv.Itoa(s.Port)+" AS port")
	}
	for _, s := range servers {
		requireAnswer(t, s, strconv.Itoa(s.Port), "SELECT port::text FROM mine")
		require.NoError(t, s.CreateDatabase(t.Context(), `odd "name"`))
		require.NoError(t, s.CreateDatabase(t.Context(), `odd "name"`), "one that is there is fine")
		require.NoError(t, s.Stop(t.Context()))
		require.NoError(t, s.Err())
		require.NoDirExists(t, s.Dir)
	}
}

func TestStart_onTheSameFolderKeepsTheData(t *testing.T) {
	t.Parallel()
	for _, fsync := range []bool{false, true} {
		t.Run(fmt.Sprintf("fsync %t", fsync), func(t *testing.T) {
			t.Parallel()
			o := pgserver.Options{Dir: folder(t), Fsync: fsync}
			first := start(t, o)
			setting := map[bool]string{false: "off", true: "on"}[fsync]
			requireAnswer(t, first, setting, "SELECT current_setting('fsync')")
			execute(t, first, "CREATE TABLE kept AS SELECT 1")
			require.NoError(t, first.Stop(t.Context()))

			o.Port = first.Port
			second := start(t, o)
			execute(t, second, "INSERT INTO kept VALUES (2)")
			second.Kill() // a crash, not a stop

			third := start(t, o)
			require.Equal(t, first.Port, third.Port)
			requireAnswer(t, third, "2", "SELECT count(*)::text FROM kept")
		})
	}
}

func TestServer_endsWithAKilledParentAndFreesItsFolder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	parent := helper(t, "run-until-killed", nil, "RELINK_PGSERVER_DIR="+dir)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	pid, err := strconv.Atoi(lines.Text())
	require.NoError(t, err)
	postgres, err := proc.Identify(pid)
	require.NoError(t, err)

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	start(t, pgserver.Options{Dir: dir}) // at once: it waits for the old one
	require.False(t, postgres.Alive())
}

func TestStart_ignoresThePidFileOfAPostmasterThatIsGone(t *testing.T) {
	t.Parallel()
	o := pgserver.Options{Dir: folder(t)}
	first := start(t, o)
	pidFile := filepath.Join(first.Dir, "data", "postmaster.pid")
	left, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	require.NoError(t, first.Stop(t.Context()))
	require.NoFileExists(t, pidFile)

	// After a reboot the id in it belongs to somebody else: here to ourselves.
	_, rest, _ := bytes.Cut(left, []byte("\n"))
	require.NoError(t, os.WriteFile(pidFile, append([]byte(strconv.Itoa(os.Getpid())+"\n"), rest...), 0o644))
	start(t, o)
}

func TestStart_replacesAHalfMadeCluster(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data.new", "PG_VERSION"), []byte("15\n"), 0o644))
	requireAnswer(t, start(t, pgserver.Options{Dir: dir}), "1", "SELECT '1'")
}

func TestStart_refusesAClusterOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "data"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9999\n"), 0o644))
	_, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir})
	require.ErrorContains(t, err, "is of Postgres 9999")
}

func TestStart_refusesAFolderInUse(t *testing.T) {
	t.Parallel()
	o := pgserver.Options{Dir: folder(t)}
	start(t, o)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := pgserver.Start(ctx, o)
	require.ErrorContains(t, err, "another Postgres uses "+o.Dir)
}

func TestStart_saysThatAPortIsTaken(t *testing.T) {
	t.Parallel()
	port := start(t, pgserver.Options{}).Port
	_, err := pgserver.Start(t.Context(), pgserver.Options{Port: port})
	require.ErrorContains(t, err, fmt.Sprintf("one of the ports [%d] is taken", port))
}

func TestErr_reportsAnEndWithoutARequest(t *testing.T) {
	t.Parallel()
	s := start(t, pgserver.Options{})
	postmaster, err := os.FindProcess(s.PID())
	require.NoError(t, err)
	require.NoError(t, postmaster.Signal(os.Interrupt))
	<-s.Done()
	require.ErrorIs(t, s.Err(), proc.ErrEnded)
	require.ErrorContains(t, s.Err(), "database system is shut down")
}

func TestStart_worksForRootAndForAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	users := map[string]*proc.User{strconv.Itoa(os.Geteuid()): nil}
	if os.Geteuid() == 0 {
		nobody, err := user.Lookup("nobody")
		require.NoError(t, err)
		uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
		require.NoError(t, err)
		users[nobody.Uid] = &proc.User{UID: uint32(uid), GID: uint32(uid)}
	}
	for uid, account := range users {
		t.Run("uid "+uid, func(t *testing.T) {
			t.Parallel()
			out, err := helper(t, "run-once", account, "HOME=/nonexistent").CombinedOutput()
			require.NoError(t, err, string(out))
			require.Contains(t, lastLine(string(out)), "uid "+uid+": postgres /")
		})
	}
}

// Root's own home is closed to the user whom Postgres runs as; an ordinary user's is open to Postgres, which runs as
// that user.
func TestStart_movesAndKeepsAFolderThatPostgresCannotEnter(t *testing.T) {
	t.Parallel()
	closed := folder(t)
	require.NoError(t, os.Mkdir(closed, 0o700))
	o := pgserver.Options{Dir: filepath.Join(closed, "pg")}
	var said []string
	o.Progress = func(line string) { said = append(said, line) }
	first := start(t, o)
	execute(t, first, "CREATE TABLE kept ()")
	require.NoError(t, first.Stop(t.Context()))
	if os.Geteuid() == 0 {
		t.Cleanup(func() { require.NoError(t, os.RemoveAll(first.Dir)) })
		require.Len(t, said, 1)
		require.Contains(t, said[0], first.Dir)
		require.NotContains(t, first.Dir, closed)
	} else {
		require.Empty(t, said)
		require.Equal(t, o.Dir, first.Dir)
	}
	requireAnswer(t, start(t, o), "0", "SELECT count(*)::text FROM kept")
}

// folder is like t.TempDir, which as root is closed to the user whom Postgres runs as, and is often slow.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := scratch.New("pgserver-test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dir.Remove()) })
	return filepath.Join(dir.Path, "cluster")
}
