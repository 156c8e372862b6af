package scratch

import (
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
	// A container may have a /dev/shm of 64 MB, and a fresh Postgres cluster alone takes 39 MB.
	memoryWanted = 512 << 20
	// A folder still under its first name is one whose maker died within microseconds, or is at it just now.
	unfinishedAge = time.Hour
)

// Dir is a throw-away folder. It is named with our pid for people; that it is in use is told by a lock, which is right also
// where pids are reused or belong to another container.
type Dir struct {
	Path string
	lock *lockfile.Lock
}

// New makes a folder for name, in memory where the machine has room, and removes the folders of processes that ended without
// removing theirs. As root the folder and all above it can be entered by other users, since Postgres refuses to run as root.
func New(name string) (*Dir, error) { return in(bases(), name) }

// NewOnDisk is New for what has to be measured or killed on a disk: it keeps away from memory, unless this machine's temporary
// folders are memory too.
func NewOnDisk(name string) (*Dir, error) {
	return in([]string{"/var/tmp", os.TempDir(), "/tmp"}, name)
}

func in(bases []string, name string) (*Dir, error) {
	for _, base := range bases {
		sweep(base)
	}
	var errs []string
	for _, base := range bases {
		dir, err := (*Dir)(nil), suits(base)
		if err == nil {
			dir, err = makeIn(base, name)
		}
		if err == nil {
			return dir, nil
		}
		errs = append(errs, err.Error())
	}
	return nil, fmt.Errorf("make a throw-away folder for %s: no place for it: %s", name, strings.Join(errs, "; "))
}

// Remove deletes the folder and all in it.
func (d *Dir) Remove() error {
	err := os.RemoveAll(d.Path)
	d.lock.Release()
	if err != nil {
		return fmt.Errorf("remove throw-away folder: %w", err)
	}
	return nil
}

func makeIn(base, name string) (*Dir, error) {
	// Under its final name, without the dot, the folder is always locked, so that nobody's sweep takes a new one for a left one.
	fresh, err := os.MkdirTemp(base, fmt.Sprintf(".%s%s-%d-", prefix, name, os.Getpid()))
	if err != nil {
		return nil, err
	}
	lock, err := lockfile.TryAcquire(filepath.Join(fresh, lockName))
	if err != nil {
		_ = os.RemoveAll(fresh)
		return nil, err
	}
	path := filepath.Join(base, strings.TrimPrefix(filepath.Base(fresh), "."))
	if os.Geteuid() == 0 {
		err = os.Chmod(fresh, 0o711) //nolint:gosec // to be passed through by the user whom Postgres runs as
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		_ = os.RemoveAll(fresh)
		lock.Release()
		return nil, err
	}
	return &Dir{Path: path, lock: lock}, nil
}

func bases() []string {
	places := []string{"/dev/shm", os.TempDir()}
	if os.Geteuid() == 0 {
		places = append(places, "/tmp", "/var/tmp")
	}
	return places
}

func suits(base string) error {
	if base == "/dev/shm" && freeBytes(base) < memoryWanted {
		return fmt.Errorf("%s has less than %d MB", base, memoryWanted>>20)
	}
	if os.Geteuid() == 0 && !openToAll(base) {
		return fmt.Errorf("%s, or a folder above it, is closed to the user that Postgres runs as", base)
	}
	return nil
}

func freeBytes(path string) uint64 {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return 0
	}
	return fs.Bavail * uint64(fs.Bsize) //nolint:gosec // a block has a positive size; its type differs between systems
}

// openToAll tells whether any user may enter path and every folder above it.
func openToAll(path string) bool {
	for {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		up := filepath.Dir(path)
		if up == path {
			return true
		}
		path = up
	}
}

// sweep removes the folders in base that nobody holds any more. Another user's are left alone: we may not open their locks.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(base, entry.Name())
		switch {
		case !entry.IsDir():
		case strings.HasPrefix(entry.Name(), prefix):
			if lock, err := lockfile.TryAcquire(filepath.Join(path, lockName)); err == nil {
				_ = os.RemoveAll(path)
				lock.Release()
			}
		case strings.HasPrefix(entry.Name(), "."+prefix):
			if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > unfinishedAge {
				_ = os.RemoveAll(path)
			}
		}
	}
}
