package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"relink/internal/devstack/lockfile"
)

const (
	prefix   = "relink-scratch-"
	lockName = ".lock"
	memory   = "/dev/shm"
	// A container may have a /dev/shm of 64 MB, and a new Postgres cluster alone takes 39 MB.
	memoryWanted = 512 << 20
	// A folder that still has its first name after this time belongs to a process that died within microseconds.
	unfinishedAge = time.Hour
)

// Dir is a throw-away folder. Its name has our process id, for people. A lock shows that it is in use, which also works
// if process ids are reused or belong to another container.
type Dir struct {
	Path string
	lock *lockfile.Lock
}

// New makes a folder for name, in memory if this machine has room, and removes the folders of processes that ended
// without removing theirs. Root's folder, and all above it, are open to other users, because Postgres refuses to run as
// root.
func New(name string) (*Dir, error) {
	return in([]string{memory, os.TempDir(), "/tmp", "/var/tmp"}, name)
}

// NewOnDisk is New for what has to be measured or killed on a disk. It stays out of memory, unless this machine's
// temporary folders are in memory too.
func NewOnDisk(name string) (*Dir, error) {
	return in([]string{"/var/tmp", os.TempDir(), "/tmp"}, name)
}

func in(bases []string, name string) (*Dir, error) {
	for _, base := range bases {
		sweep(base)
	}
	var errs error
	for _, base := range bases {
		dir, err := makeIn(base, name)
		if err == nil {
			return dir, nil
		}
		errs = errors.Join(errs, err)
	}
	return nil, fmt.Errorf("make a throw-away folder for %s: no place for it: %w", name, errs)
}

// WriteFile replaces a file in one step, for those who read it meanwhile. Only its owner may read it.
func WriteFile(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// CacheDir returns the user's folder for programs that are installed once and stay.
func CacheDir() string {
	base, err := os.UserCacheDir()
	if err != nil {
		base = filepath.Join(os.TempDir(), fmt.Sprintf("relink-cache-%d", os.Geteuid()))
	}
	return filepath.Join(base, "relink")
}

// Remove deletes the folder and everything in it.
func (d *Dir) Remove() error {
	defer d.lock.Release()
	return os.RemoveAll(d.Path)
}

// makeIn gives the folder its final name, without the dot, only once it is locked. So no sweep takes a new folder for
// an abandoned one.
func makeIn(base, name string) (dir *Dir, err error) {
	if err := suits(base); err != nil {
		return nil, err
	}
	fresh, err := os.MkdirTemp(base, fmt.Sprintf(".%s%s-%d-", prefix, name, os.Getpid()))
	if err != nil {
		return nil, err
	}
	dir = &Dir{Path: filepath.Join(base, strings.TrimPrefix(filepath.Base(fresh), "."))}
	if dir.lock, err = lockfile.TryAcquire(filepath.Join(fresh, lockName)); err == nil {
		if os.Geteuid() == 0 {
			err = os.Chmod(fresh, 0o711) //nolint:gosec // the user that Postgres runs as passes through it
		}
		if err == nil {
			err = os.Rename(fresh, dir.Path)
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(fresh)) // the lock's file is closed with its memory
	}
	return dir, nil
}

func suits(base string) error {
	var fs syscall.Statfs_t
	err := syscall.Statfs(base, &fs)
	if base == memory && (err != nil || fs.Bavail*uint64(fs.Bsize) < memoryWanted) { //nolint:gosec // a block's size is positive
		return fmt.Errorf("%s has less than %d MB", base, memoryWanted>>20)
	}
	for path, below := base, ""; os.Geteuid() == 0 && path != below; path, below = filepath.Dir(path), path {
		if info, err := os.Stat(path); err != nil || !info.IsDir() || info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("%s, or a folder above it, is closed to the user that Postgres runs as", base)
		}
	}
	return nil
}

// sweep removes the folders in base that nobody holds any more. We may not open the locks of other users, so it leaves
// their folders alone.
func sweep(base string) {
	finished, _ := filepath.Glob(filepath.Join(base, prefix+"*"))
	for _, path := range finished {
		if lock, err := lockfile.TryAcquire(filepath.Join(path, lockName)); err == nil {
			_ = os.RemoveAll(path)
			lock.Release()
		}
	}
	unfinished, _ := filepath.Glob(filepath.Join(base, "."+prefix+"*"))
	for _, path := range unfinished {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > unfinishedAge {
			_ = os.RemoveAll(path)
		}
	}
}
