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

const (
	pollEvery       = 25 * time.Millisecond
	predecessorWait = 15 * time.Second
)

// Lock is an flock(2) on a file. It belongs to the open file, not to the process. A child that gets [Lock.Files] holds
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
	err = syscall.EINTR
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		holder, _ := io.ReadAll(io.NewSectionReader(file, 0, 32))
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w (taken by process %s)", path, ErrHeld, strings.TrimSpace(string(holder)))
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
		case <-time.After(pollEvery):
		}
	}
}

// Files returns the open file that carries the lock, for a child process; none for a nil Lock.
func (l *Lock) Files() []*os.File {
	if l == nil {
		return nil
	}
	return []*os.File{l.file}
}

// Release gives up our share of the lock. A second call does nothing, and neither does one on a nil Lock. The file
// stays, because removing it would let two processes lock two files of one name. A child of ours between its fork and
// its exec still has all our files, so [TryAcquire] may find the lock held for a moment longer. [Acquire] waits.
func (l *Lock) Release() {
	if l != nil {
		_ = l.file.Close()
	}
}

// AcquireData is Acquire for the lock of a server's data. It waits a while for a server that was killed and has not yet
// closed its files. user names the servers that use the data, for people.
func AcquireData(ctx context.Context, path, user, data string, progress func(line string)) (*Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, predecessorWait)
	defer cancel()
	lock, err := Acquire(ctx, path, func() { progress("waiting for the " + user + " that still uses " + data) })
	if err != nil {
		return nil, fmt.Errorf("another %s uses %s: %w", user, data, err)
	}
	return lock, nil
}

// Once runs do under the lock at path, for all processes that want it done at the same time. It does nothing if done
// then returns true, since another process did it meanwhile.
func Once(ctx context.Context, path string, waiting func(), done func() bool, do func() error) error {
	lock, err := Acquire(ctx, path, waiting)
	if err != nil {
		return err
	}
	defer lock.Release()
	if done() {
		return nil
	}
	return do()
}
