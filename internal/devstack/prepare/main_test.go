package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/temporalserver"
)

// These tests change the environment, so they do not run beside others.

func TestRun_saysWhereBothAreAndNothingElse(t *testing.T) {
	var out, progress strings.Builder
	require.Equal(t, 0, run(t.Context(), &out, &progress), progress.String())
	require.Regexp(t, `^Postgres \d+\.\d+ in /.+\nTemporal /.+/temporal\n$`, out.String())
}

func TestRun_exitsWith3AndOneLineIfAPersonMustInstallSomething(t *testing.T) {
	postgres, err := pgserver.Ensure(t.Context(), nil, func(string) {})
	require.NoError(t, err)
	t.Setenv("PG_BIN", postgres.Dir)
	t.Setenv("PATH", t.TempDir()) // neither temporal nor go
	t.Setenv("HOME", t.TempDir()) // and nothing in the cache
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv(temporalserver.DownloadVar, "off") // nor a vendor
	var out, progress strings.Builder
	require.Equal(t, 3, run(t.Context(), &out, &progress))
	require.Equal(t, "prepare: "+temporalserver.ErrNoTemporal.Error()+"\n", progress.String())
	require.Contains(t, out.String(), postgres.Dir)

	progress.Reset()
	require.Equal(t, 3, fail(&progress, fmt.Errorf("start Postgres: %w", pgserver.ErrNoPostgres)))
	require.Equal(t, 1, fail(&progress, context.Canceled))
}
