package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"relink/internal/devstack/proc"
)

// cluster is a folder with Postgres's data in it.
type cluster struct {
	dir   string
	owner *proc.User // nil: ourselves
	fsync bool
	log   io.Writer
}

func (c cluster) data() string { return filepath.Join(c.dir, "data") }

// prepare makes the cluster if there is none, and returns the binaries to run it with: data belongs to one major
// version. The caller holds the folder's lock.
func (c cluster) prepare(ctx context.Context, bin Binaries) (Binaries, error) {
	version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return bin, c.initialise(ctx, bin)
	}
	major := 0
	if err == nil {
		major, err = strconv.Atoi(strings.TrimSpace(string(version)))
	}
	if err != nil {
		return bin, fmt.Errorf("read the cluster's version: %w", err)
	}
	for _, other := range append([]Binaries{bin}, installed(ctx)...) {
		if other.Major == major {
			return other, c.clearStale()
		}
	}
	return bin, fmt.Errorf("the cluster in %s is of Postgres %d and this machine has %d (%s): "+
		"install %[2]d, or move the folder away to start anew", c.dir, major, bin.Major, bin.Dir)
}

// clearStale removes the pid file of a postmaster that is gone. Postgres removes it itself, unless another process of
// the same user has that id by now, as is common after a reboot. Then Postgres refuses to start. Every Postgres of ours
// holds the folder's lock as long as one of its processes lives. We hold the lock now, so only a Postgres that somebody
// started by hand can still run.
func (c cluster) clearStale() error {
	pid, _ := c.postmaster()
	if pid == 0 {
		return nil
	}
	if c.isRunBy(pid) {
		return fmt.Errorf("process %d, a Postgres that was not started by relink, uses %s", pid, c.data())
	}
	return os.Remove(c.pidFile())
}

// initialise makes the cluster under another name first, so a start that is killed half-way leaves no half cluster.
func (c cluster) initialise(ctx context.Context, bin Binaries) error {
	fresh := filepath.Join(c.dir, "data.new")
	err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, 0o700))
	if err == nil && c.owner != nil {
		err = os.Chown(fresh, int(c.owner.UID), int(c.owner.GID))
	}
	if err != nil {
		return fmt.Errorf("make the cluster's folder: %w", err)
	}
	// Every machine sorts by bytes and in UTF-8.
	args := []string{"-D", fresh, "--username=" + superuser, "--auth=trust", "--encoding=UTF8", "--locale=C"}
	if !c.fsync {
		args = append(args, "--no-sync")
	}
	err = proc.Run(ctx, proc.Options{
		Path: filepath.Join(bin.Dir, "initdb"), Args: args, Dir: c.dir, Env: environment(), User: c.owner, Output: c.log,
	})
	if err != nil {
		return err
	}
	return os.Rename(fresh, c.data())
}

// isRunBy reports whether the process is a Postgres on this cluster: its working folder is the cluster's.
func (c cluster) isRunBy(pid int) bool {
	if proc.Name(pid) != "postgres" {
		return false
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return !errors.Is(err, fs.ErrPermission) // another user cannot use our folder; without a /proc, assume that it is
	}
	ours, err := os.Stat(c.data())
	return err != nil || os.SameFile(theirs, ours)
}

func (c cluster) pidFile() string { return filepath.Join(c.data(), "postmaster.pid") }

// postmaster reads who runs the cluster, and how far it is. The first line is the process id. The eighth is "starting",
// "stopping" or "ready", padded with blanks (src/include/utils/pidfile.h). pid is 0 if nobody runs it.
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

// arguments returns the settings of the server. They are on its command line, not in the cluster's files, so they apply
// to clusters of earlier versions of relink too.
func arguments(data string, port int, fsync bool) []string {
	settings := []string{
		"listen_addresses=" + host, "port=" + strconv.Itoa(port),
		// No socket in the file system: its path may have 107 bytes at most, and it would need a folder.
		"unix_socket_directories=",
		"max_connections=300",              // every test of every package has a pool
		"timezone=UTC", "log_timezone=UTC", // on every machine
		"log_destination=stderr", "logging_collector=off", "cluster_name=relink", // the name is in the output of ps
	}
	if !fsync {
		// Not synchronous_commit: without it a killed server forgets committed rows, and without fsync it costs
		// nothing.
		settings = append(settings, "fsync=off", "full_page_writes=off", "shared_buffers=32MB")
	}
	args := []string{"-D", data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// environment is ours without the settings that would steer Postgres, in a locale that every machine has. Without a
// locale the server refuses to start on macOS.
func environment() []string {
	return proc.Environ(func(name string) bool {
		return strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "LANG")
	}, "LC_ALL=C")
}
