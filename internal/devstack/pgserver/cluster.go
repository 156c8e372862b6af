package pgserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"relink/internal/devstack/proc"
)

// Where root's clusters go whose own folder Postgres's user can't enter, as everything under /root.
const rootDir = "/var/lib/relink"

// cluster is a folder with Postgres's data in it.
type cluster struct {
	dir   string
	owner *proc.User // nil: ourselves
	fsync bool
	log   io.Writer
}

func (c cluster) data() string { return filepath.Join(c.dir, "data") }

// prepare makes the cluster if there is none and answers the binaries to run it with: data belongs to one major version.
// The caller holds the folder's lock.
func (c cluster) prepare(ctx context.Context, bin Binaries) (Binaries, error) {
	version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return bin, c.initialise(ctx, bin)
	}
	if err != nil {
		return bin, fmt.Errorf("look at the cluster: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(version)))
	if err != nil {
		return bin, fmt.Errorf("read the cluster's version: %w", err)
	}
	if major != bin.Major {
		for _, other := range installed(ctx) {
			if other.Major == major {
				return other, c.clearStale()
			}
		}
		return bin, fmt.Errorf("the cluster in %s is of Postgres %d and this machine has %d (%s): install %[2]d, or move the folder away to begin anew",
			c.dir, major, bin.Major, bin.Dir)
	}
	return bin, c.clearStale()
}

// clearStale removes the pid file of a postmaster that is gone. Postgres does so itself unless another process of the same user
// has that id by now, as is common after a reboot; then it refuses to start. We hold the folder's lock, which every Postgres of ours holds as
// long as any of its processes lives, so only one that somebody started by hand is left to be asked about.
func (c cluster) clearStale() error {
	pid, _ := c.postmaster()
	if pid == 0 {
		return nil
	}
	if c.isRunBy(pid) {
		return fmt.Errorf("process %d, a Postgres that was not started by relink, uses %s", pid, c.data())
	}
	if err := os.Remove(c.pidFile()); err != nil {
		return fmt.Errorf("remove the pid file of a Postgres that is gone: %w", err)
	}
	return nil
}

// initialise makes the cluster under another name first, so that a start that was killed half-way leaves nothing that looks like one.
func (c cluster) initialise(ctx context.Context, bin Binaries) error {
	fresh := filepath.Join(c.dir, "data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove a half-made cluster: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	if c.owner != nil {
		if err := os.Chown(fresh, int(c.owner.UID), int(c.owner.GID)); err != nil {
			return fmt.Errorf("hand the cluster's folder to Postgres's user: %w", err)
		}
	}
	// Sorted by bytes and in UTF-8 on every machine.
	args := []string{"-D", fresh, "--username=" + superuser, "--auth=trust", "--encoding=UTF8", "--locale=C"}
	if !c.fsync {
		args = append(args, "--no-sync")
	}
	err := proc.Run(ctx, proc.Options{
		Path: filepath.Join(bin.Dir, "initdb"), Args: args, Dir: c.dir, Env: environment(), User: c.owner, Output: c.log,
	})
	if err != nil {
		return err
	}
	if err := os.Rename(fresh, c.data()); err != nil {
		return fmt.Errorf("put the new cluster in its place: %w", err)
	}
	return nil
}

// isRunBy tells whether the process is a Postgres on this cluster: its working folder is the cluster's.
func (c cluster) isRunBy(pid int) bool {
	if proc.Name(pid) != "postgres" {
		return false
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return !errors.Is(err, fs.ErrPermission) // another user's could not use our folder; where there is no /proc, be careful
	}
	ours, err := os.Stat(c.data())
	return err != nil || os.SameFile(theirs, ours)
}

func (c cluster) pidFile() string { return filepath.Join(c.data(), "postmaster.pid") }

// postmaster reads who runs the cluster and how far it is: the first line is the process id, the eighth is "starting", "stopping"
// or "ready", padded with blanks (src/include/utils/pidfile.h). It is 0 where nobody does.
func (c cluster) postmaster() (pid int, status string) {
	text, err := os.ReadFile(c.pidFile())
	if err != nil {
		return 0, ""
	}
	lines := strings.Split(string(text), "\n")
	pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	if len(lines) > 7 {
		status = strings.TrimSpace(lines[7])
	}
	return pid, status
}

// arguments are the settings of the server. They stand on its command line, not in the cluster's files, so that they hold for
// clusters made by earlier versions of relink too.
func arguments(data string, port int, fsync bool) []string {
	settings := []string{
		"listen_addresses=" + host,
		"port=" + strconv.Itoa(port),
		// No socket in the file system: its path has a limit of 107 bytes, and there would be a folder for it to find.
		"unix_socket_directories=",
		"max_connections=300", // every test of every package has a pool
		"timezone=UTC",
		"log_timezone=UTC",
		"log_destination=stderr",
		"logging_collector=off",
		"cluster_name=relink", // seen in ps
	}
	if !fsync {
		// Not synchronous_commit: without it a killed server forgets what it had committed, and without fsync it costs next to nothing.
		settings = append(settings, "fsync=off", "full_page_writes=off", "shared_buffers=32MB")
	}
	args := []string{"-D", data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// environment is ours without what would steer Postgres from outside, in a locale that every machine has (on macOS the server
// refuses to start without one).
func environment() []string {
	return proc.Environ(func(name string) bool {
		return strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "LANG")
	}, "LC_ALL=C")
}

// unprivileged is the user to run Postgres as, nil for ourselves. Postgres refuses to run as root, and its user must have a name.
func unprivileged() (*proc.User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("look up user %s: %w", name, err)
		}
		return &proc.User{UID: uint32(uid), GID: uint32(gid)}, nil
	}
	return nil, errors.New("we are root, Postgres refuses to run as root, and there is neither a user postgres nor a user nobody")
}

// place makes the folder for the cluster: dir, or, where owner can't get there, one that belongs to dir elsewhere.
func place(dir string, owner *proc.User, progress func(string)) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the cluster's folder: %w", err)
	}
	if owner != nil && !canEnter(filepath.Dir(dir), *owner) {
		sum := sha256.Sum256([]byte(dir))
		elsewhere := filepath.Join(rootDir, "postgres-"+hex.EncodeToString(sum[:6]))
		progress(fmt.Sprintf("Postgres does not run as root, and no other user can enter %s: its data is in %s", dir, elsewhere))
		dir = elsewhere
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // Postgres's user must get to its data, which is closed itself
		return "", fmt.Errorf("make the cluster's folder: %w", err)
	}
	if owner == nil {
		return dir, nil
	}
	info, err := os.Stat(dir)
	if err == nil && !mayPass(info, *owner) {
		err = os.Chmod(dir, info.Mode().Perm()|0o011) // to pass through, not to list
	}
	if err != nil {
		return "", fmt.Errorf("open the cluster's folder to Postgres's user: %w", err)
	}
	return dir, nil
}

// canEnter tells whether u may pass through path and all above it; what is not there yet will be made by us.
func canEnter(path string, u proc.User) bool {
	for {
		info, err := os.Stat(path)
		if err == nil && !mayPass(info, u) {
			return false
		}
		up := filepath.Dir(path)
		if up == path {
			return true
		}
		path = up
	}
}

func mayPass(info fs.FileInfo, u proc.User) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case !ok:
		return false
	case stat.Uid == u.UID:
		return mode&0o100 != 0
	case stat.Gid == u.GID:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}
