// Package freeport chooses TCP ports on loopback that no other process of ours takes until their servers listen.
// It imports only lockfile and the standard library.
// Start with [Take]; [Try] starts a server on such ports.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"relink/internal/devstack/lockfile"
)

// taken is in the output of a server that found somebody else on its port, whatever it is written in.
const taken = "address already in use"

// The range lies below the ports that Linux (from 32768) and macOS (from 49152) choose by themselves. The kernel may
// give a port that it chose and that was closed again to any connection before the server listens.
const (
	first    = 20000
	count    = 12000
	attempts = 200
	starts   = 5
)

// ours keeps the locks open: the garbage collector closes a lock that nothing refers to.
var (
	mu   sync.Mutex
	ours []*lockfile.Lock
)

// Take returns a port that nobody listens on. While this process lives, no other Take on this machine returns it.
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
		ours = append(ours, lock)
		mu.Unlock()
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: tried %d from %d on, all are in use", attempts, first)
}

// Try calls start with the wanted ports, and a free one in place of each 0. Somebody else may take a free port before
// the server listens: if the error of start says so, Try calls it again with other free ports.
func Try(start func(ports []int) error, wanted ...int) (err error) {
	for range starts {
		ports := slices.Clone(wanted)
		for i, port := range ports {
			if port == 0 {
				if ports[i], err = Take(); err != nil {
					return err
				}
			}
		}
		if err = start(ports); err == nil || !strings.Contains(strings.ToLower(err.Error()), taken) {
			return err
		}
		err = fmt.Errorf("one of the ports %v is taken: %w", ports, err)
		if !slices.Contains(wanted, 0) {
			break
		}
	}
	return err
}
