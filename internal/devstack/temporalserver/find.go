package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// cliVersion is the newest that can be built with go install: later ones hold a replace directive. It brings server 1.29.1 and UI 2.42.1.
const cliVersion = "v1.5.1"

// ErrNoTemporal means that there is no Temporal here and that we can't build one. Its text is the one line that tells a person what to
// install; commands exit with 3.
var ErrNoTemporal = errors.New("no Temporal found: install the Temporal CLI (https://docs.temporal.io/cli) so that temporal is on PATH, or Go, to build it with")

const versionTimeout = 20 * time.Second

// Ensure finds the Temporal CLI: temporal on PATH, else the one that we built before, else it builds it into the user's cache, which takes minutes.
func Ensure(ctx context.Context, progress func(line string)) (path string, err error) {
	if path, err := exec.LookPath("temporal"); err == nil && runs(ctx, path) {
		return path, nil
	}
	cached := cachedPath()
	if runs(ctx, cached) {
		return cached, nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return cached, build(ctx, cached, progress)
}

// runs tells whether the binary works here: a shim without a version behind it, or a binary for another machine, does not.
func runs(ctx context.Context, path string) bool {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Env = environment()
	cmd.WaitDelay = time.Second
	return cmd.Run() == nil
}

func cachedPath() string {
	base, err := os.UserCacheDir()
	if err != nil {
		base = filepath.Join(os.TempDir(), fmt.Sprintf("relink-cache-%d", os.Geteuid()))
	}
	return filepath.Join(base, "relink", "temporal-"+cliVersion, "temporal")
}
