package freeport_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/freeport"
)

// takerVar makes this test binary take a port, print it and hold it until its input ends.
const takerVar = "RELINK_FREEPORT_TAKER"

func TestMain(m *testing.M) {
	if os.Getenv(takerVar) == "" {
		os.Exit(m.Run())
	}
	port, err := freeport.Take()
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString(strconv.Itoa(port) + "\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func TestTake_returnsNoPortTwiceAndOnlyFreeOnes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var wait sync.WaitGroup
	seen := map[int]bool{}
	for range 50 {
		wait.Go(func() {
			port, err := freeport.Take()
			mu.Lock()
			defer mu.Unlock()
			if err != nil || seen[port] {
				t.Errorf("port %d, taken before: %v, error: %v", port, seen[port], err)
			}
			seen[port] = true
		})
	}
	wait.Wait()
	for port := range seen {
		require.Eventually(t, func() bool { // another user's Take may be looking at it, for microseconds
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+strconv.Itoa(port))
			return err == nil && l.Close() == nil
		}, 5*time.Second, time.Millisecond)
		require.Less(t, port, 32768, "the kernel hands out none of them by itself")
	}
}

func TestTake_returnsNoPortOfAnotherProcess(t *testing.T) {
	t.Parallel()
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), takerVar+"=1")
	in, err := other.StdinPipe()
	require.NoError(t, err)
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	line := make([]byte, 16)
	n, err := out.Read(line)
	require.NoError(t, err)
	theirs, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	require.NoError(t, err)

	for range 100 {
		port, err := freeport.Take()
		require.NoError(t, err)
		require.NotEqual(t, theirs, port)
	}
	require.NoError(t, in.Close())
	require.NoError(t, other.Wait())
}

var errTaken = errors.New("server ended by itself: listen: Address already in use")

func TestTry_takesOtherFreePortsWhileOneIsTaken(t *testing.T) {
	t.Parallel()
	var tried [][]int
	require.NoError(t, freeport.Try(func(ports []int) error {
		tried = append(tried, ports)
		if len(tried) < 3 {
			return errTaken
		}
		return nil
	}, 0, 1234))
	require.Len(t, tried, 3)
	require.NotEqual(t, tried[0][0], tried[1][0])
	require.Equal(t, 1234, tried[2][1], "a wanted port stays")

	calls := 0
	taken := func([]int) error { calls++; return errTaken }
	require.ErrorIs(t, freeport.Try(taken, 1234), errTaken)
	require.Equal(t, 1, calls, "no other port is wanted")
	require.ErrorIs(t, freeport.Try(taken, 0), errTaken, "it gives up in the end")
	calls = 0
	require.ErrorIs(t, freeport.Try(func([]int) error { calls++; return os.ErrPermission }, 0), os.ErrPermission)
	require.Equal(t, 1, calls, "another port would not help")
}
