// Package freeport chooses TCP ports on loopback that stay ours until the server that they are for listens.
// It imports only lockfile.
// Start with [Take].
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"relink/internal/devstack/lockfile"
)

// The range lies below the ports that Linux (from 32768) and macOS (from 49152) hand out by themselves. A port that the
// kernel chose and that was closed again can be given to any connection of any process before its server listens.
const (
	first    = 20000
	count    = 12000
	attempts = 200
)

// taken keeps the locks: one that is forgotten is closed when its memory is collected.
var (
	mu    sync.Mutex
	taken []*lockfile.Lock
)

// Take answers a port that nobody listens on and that no other Take on this machine answers while this process lives.
func Take() (int, error) {
	dir := filepath.Join(os.TempDir(), "relink-ports-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	for range attempts {
		port := first + rand.IntN(count) //nolint:gosec // not a secret
		lock, err := lockfile.TryAcquire(filepath.Join(dir, strconv.Itoa(port)))
		if errors.Is(err, lockfile.ErrHeld) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		mu.Lock()
		taken = append(taken, lock)
		mu.Unlock()
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: tried %d from %d on, all are in use", attempts, first)
}
