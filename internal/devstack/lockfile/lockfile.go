package lockfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrHeld means that another process has the lock.
var ErrHeld = errors.New("locked by another process")

const pollEvery = 25 * time.Millisecond

// Lock is an flock(2) on a file. It belongs to the open file, not to the process. A child that gets [Lock.File] holds
// it as well, so the lock is free only when the last of them has ended.
type Lock struct {
	file *os.File
}

// TryAcquire takes the lock at path, and creates the file if there is none. It returns [ErrHeld] at once if the lock is
// taken.
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
	// The pid is only for the text of ErrHeld; the lock itself is the flock.
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &Lock{file: file}, nil
}

// Acquire waits for the lock at path until ctx is over, and then returns [ErrHeld]. It calls waiting once, if not nil,
// when it has to wait.
func Acquire(ctx context.Context, path string, waiting func()) (*Lock, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		lock, err := TryAcquire(path)
		if !errors.Is(err, ErrHeld) {
			return lock, err
		}
		if waiting != nil {
			waiting()
			waiting = nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
		}
	}
}

// File returns the open file that carries the lock, for a child process.
func (l *Lock) File() *os.File { return l.file }

// Release gives up our share of the lock; a second call does nothing. The file stays, because removing it would let two
// processes lock two files of one name.
func (l *Lock) Release() { _ = l.file.Close() }

func flock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func describe(file *os.File) string {
	text, _ := io.ReadAll(io.NewSectionReader(file, 0, 32))
	if pid := strings.TrimSpace(string(text)); pid != "" {
		return " (taken by process " + pid + ")"
	}
	return ""
}
