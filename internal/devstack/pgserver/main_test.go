package pgserver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
)

// The test binary plays other processes: one that runs a throw-away cluster and says who the server is.
const helperVar = "RELINK_PGSERVER_HELPER"

func TestMain(m *testing.M) {
	switch os.Getenv(helperVar) {
	case "":
		goleak.VerifyTestMain(m)
	case "run-once":
		exitOn(runOnce())
	case "run-until-killed":
		exitOn(runUntilKilled(os.Getenv("RELINK_PGSERVER_DIR")))
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runOnce() error {
	ctx := context.Background()
	s, err := pgserver.Start(ctx, pgserver.Options{})
	if err != nil {
		return err
	}
	answer, err := ask(ctx, s, `SELECT usename || ' ' || current_setting('data_directory') FROM pg_user`)
	fmt.Printf("uid %d: %s\n", os.Geteuid(), answer)
	return errors.Join(err, s.Stop(ctx))
}

func runUntilKilled(dir string) error {
	s, err := pgserver.Start(context.Background(), pgserver.Options{Dir: dir})
	if err != nil {
		return err
	}
	fmt.Println(s.PID())
	<-s.Done()
	return s.Err()
}

func ask(ctx context.Context, s *pgserver.Server, sql string) (answer string, err error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	err = conn.QueryRow(ctx, sql).Scan(&answer)
	return answer, err
}

func requireAnswer(t *testing.T, s *pgserver.Server, want, sql string) {
	t.Helper()
	got, err := ask(t.Context(), s, sql)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func execute(t *testing.T, s *pgserver.Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, errors.Join(err, conn.Close(t.Context())))
}

func start(t *testing.T, o pgserver.Options) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil && !errors.Is(err, proc.ErrEnded) {
			t.Error(err)
		}
	})
	return s
}

// helper makes the test binary play a part. It is copied to where any user can run it, since go test builds it in a
// closed folder.
func helper(t *testing.T, part string, user *proc.User, env ...string) *exec.Cmd {
	t.Helper()
	dir, err := os.MkdirTemp("", "relink-pgserver-helper-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "helper")
	// By another process: a program that is open for writing here could not be run while any test beside us forks.
	require.NoError(t, exec.CommandContext(t.Context(), "cp", os.Args[0], path).Run())
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Dir = "/"
	cmd.Env = append(cmd.Environ(), append(env, helperVar+"="+part)...)
	if user != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user.UID, Gid: user.GID}}
	}
	return cmd
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
