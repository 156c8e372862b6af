package proc_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"relink/internal/devstack/proc"
)

// The test binary plays the parent that is killed: it starts a child of its own and waits for its end.
const parentVar = "RELINK_PROC_PARENT"

func TestMain(m *testing.M) {
	if how := os.Getenv(parentVar); how != "" {
		if err := parent(how); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func parent(how string) error {
	o := proc.Options{Path: "sleep", Args: []string{"300"}}
	if how == "group" {
		// Its children outlive a shell that is killed, unless the group is.
		o = proc.Options{Path: "/bin/sh", Args: []string{"-c", "sleep 300 & echo $!; wait"}, Group: true, Output: os.Stdout}
	}
	child, err := proc.Start(o)
	if err != nil {
		return err
	}
	fmt.Println(child.PID())
	<-child.Done()
	return child.Err()
}

// startParent starts the test binary as such a parent and gives the ids of n processes that it printed.
func startParent(t *testing.T, how string, n int) (*exec.Cmd, []proc.ID) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(cmd.Environ(), parentVar+"="+how)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, readIDs(t, out, n)
}

func readIDs(t *testing.T, from io.Reader, n int) []proc.ID {
	t.Helper()
	lines := bufio.NewScanner(from)
	var ids []proc.ID
	for range n {
		require.True(t, lines.Scan(), "the helper ended early")
		pid, err := strconv.Atoi(lines.Text())
		require.NoError(t, err)
		id, err := proc.Identify(pid)
		require.NoError(t, err)
		ids = append(ids, id)
	}
	return ids
}

func requireGone(t *testing.T, ids ...proc.ID) {
	t.Helper()
	for _, id := range ids {
		require.Eventually(t, func() bool { return !id.Alive() }, 5*time.Second, 10*time.Millisecond, "process %d is left", id.PID)
	}
}
