package lockfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrHeld is returned by [TryAcquire] and, once its context is over, by [Acquire] while somebody else has the lock.
var ErrHeld = errors.New("locked by another process")

const pollEvery = 25 * time.Millisecond

// Lock is an flock(2) on a file. It belongs to the open file, not to the process: a child that is handed [Lock.File]
// holds it as well, so the lock is free only when the last of them has ended.
type Lock struct {
	file *os.File
}

// TryAcquire takes the lock at path, creating the file where there is none, or answers [ErrHeld] at once.
func TryAcquire(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := flock(file); err != nil {
		holder := describe(file)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w%s", path, ErrHeld, holder)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// The pid is for the reader of an error message only; the lock itself is the flock.
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &Lock{file: file}, nil
}

// Acquire waits for the lock at path until ctx is over, then answers [ErrHeld].
func Acquire(ctx context.Context, path string) (*Lock, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		lock, err := TryAcquire(path)
		if !errors.Is(err, ErrHeld) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

// File is the open file that carries the lock, to be handed to a child process.
func (l *Lock) File() *os.File { return l.file }

// Release gives up our share of the lock. The file stays: removing it would let two processes lock two files of one name.
func (l *Lock) Release() { _ = l.file.Close() } // what is closed already is released already

func flock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func describe(file *os.File) string {
	text := make([]byte, 32)
	n, _ := file.ReadAt(text, 0)
	if pid := strings.TrimSpace(string(text[:n])); pid != "" {
		return " (taken by process " + pid + ")"
	}
	return ""
}
