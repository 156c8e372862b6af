// Command prepare finds the real Postgres and the real Temporal for development and tests, and installs what is
// missing, so that the first test does not seem to hang. It imports only leaves of devstack. It exits with 3 if a
// person must install something.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
)

const exitInstall = 3

func main() {
	ctx, stop := signal.NotifyContext(proc.DieWithParent(context.Background()), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // after this a second signal kills at once
	os.Exit(run(ctx, os.Stdout, os.Stderr))
}

// run writes what it found to out, and what it is doing to progress.
func run(ctx context.Context, out, progress io.Writer) (exit int) {
	begin := time.Now()
	say := func(line string) {
		fmt.Fprintf(progress, "%5s  %s\n", time.Since(begin).Round(time.Second), line)
	}
	// One after the other, since an installation wants all processors.
	postgres, err := pgserver.Ensure(ctx, progress, say)
	if err != nil {
		return fail(progress, err)
	}
	fmt.Fprintf(out, "Postgres %s in %s\n", postgres.Version, postgres.Dir)
	temporal, err := temporalserver.Ensure(ctx, say)
	if err != nil {
		return fail(progress, err)
	}
	fmt.Fprintf(out, "Temporal %s\n", temporal)
	return 0
}

func fail(to io.Writer, err error) (exit int) {
	fmt.Fprintln(to, "prepare:", err)
	if errors.Is(err, pgserver.ErrNoPostgres) || errors.Is(err, temporalserver.ErrNoTemporal) {
		return exitInstall
	}
	return 1
}
