package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
)

const (
	clusterConf         = "/etc/postgresql-common/createcluster.conf"
	clusterConfTemplate = "/usr/share/postgresql-common/createcluster.conf"
)

// installWithApt installs Debian's server, without the cluster on port 5432 that the package would make and start.
func installWithApt(ctx context.Context, log io.Writer, progress func(string)) error {
	_, notDebian := os.Stat("/etc/debian_version")
	_, noApt := exec.LookPath("apt-get")
	if notDebian != nil || noApt != nil || os.Geteuid() != 0 {
		return errNotHere
	}
	isThere := func() bool { return len(installed(ctx)) > 0 }
	return lockfile.Once(ctx, filepath.Join(os.TempDir(), "relink-apt.lock"), nil, isThere, func() error {
		progress("there is no Postgres here: installing it with apt-get (about 75 MB to download, 320 MB on disk, half a minute)")
		restore, err := withoutMainCluster()
		if err != nil {
			return err
		}
		defer restore()
		install := []string{"install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "postgresql"}
		err = apt(ctx, log, install...)
		if err != nil && ctx.Err() == nil {
			// A fresh image has no package lists, and old lists name packages that the mirror has no more.
			progress("asking for newer package lists")
			if err = apt(ctx, log, "update"); err == nil {
				err = apt(ctx, log, install...)
			}
		}
		return err
	})
}

// apt runs to its end even if we are stopped or killed meanwhile. If it were cut off, dpkg would leave a machine on
// which nothing can be installed until a person repairs it. This is the one child that does not end with us.
func apt(ctx context.Context, log io.Writer, args ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cmd := exec.Command("apt-get", args...) //nolint:gosec,noctx // our own words; never cut off
	// UCF: keep the createcluster.conf that we put there, without a question.
	cmd.Env = append(cmd.Environ(), "DEBIAN_FRONTEND=noninteractive", "UCF_FORCE_CONFFOLD=1", "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of a terminal's Ctrl-C
	out, err := cmd.CombinedOutput()
	if log != nil {
		_, _ = log.Write(out)
	}
	if err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", args[0], err, strings.Join(proc.LastLines(string(out), 5), " | "))
	}
	return nil
}

// withoutMainCluster makes Debian's packages create no cluster. restore puts the file back, or, if it came with the
// packages only now, as the packages have it.
func withoutMainCluster() (restore func(), err error) {
	before, err := os.ReadFile(clusterConf)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, err
	}
	write := func(text []byte) error { return os.WriteFile(clusterConf, text, 0o644) } //nolint:gosec // Debian's own mode
	if err := os.MkdirAll(filepath.Dir(clusterConf), 0o755); err != nil {              //nolint:gosec // Debian's own mode
		return nil, err
	}
	return func() {
		if fresh {
			if before, err = os.ReadFile(clusterConfTemplate); err != nil {
				_ = os.Remove(clusterConf) // the package was not installed
				return
			}
		}
		_ = write(before)
	}, write([]byte("create_main_cluster = off\n"))
}
