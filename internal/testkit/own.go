package testkit

import (
	"context"
	"errors"
	"testing"
	"time"

	"relink/internal/devstack/pgserver"
	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
)

// This is more than a server's own grace, so the server decides when it is killed.
const ownStopWithin = 20 * time.Second

// OwnPostgres starts a Postgres for this test alone. The test may kill it, and start it again by another call with the
// Dir and Port of the first. The end of the test stops the server, and removes a throw-away cluster.
func OwnPostgres(tb testing.TB, o pgserver.Options) *pgserver.Server {
	tb.Helper()
	s, err := pgserver.Start(tb.Context(), o)
	stopAtEnd(tb, s, err)
	return s
}

// OwnTemporal starts a Temporal for this test alone: with settings of its own, or to be killed and started again with
// the same DBFile and Port. It has the search attributes of [SearchAttributes] unless the options have others, and no
// UI unless they name its port.
func OwnTemporal(tb testing.TB, o temporalserver.Options) *temporalserver.Server {
	tb.Helper()
	if o.SearchAttributes == nil {
		o.SearchAttributes = SearchAttributes()
	}
	if o.UIPort == 0 {
		o.UIPort = temporalserver.Headless
	}
	s, err := temporalserver.Start(tb.Context(), o)
	stopAtEnd(tb, s, err)
	return s
}

func stopAtEnd(tb testing.TB, s server, startErr error) {
	tb.Helper()
	if startErr != nil {
		tb.Fatal(startErr)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), ownStopWithin) // the test's own context is over
		defer cancel()
		// An end without a request is the test's own business: it has Done and Err.
		if err := s.Stop(ctx); err != nil && !errors.Is(err, proc.ErrEnded) {
			tb.Error(err)
		}
	})
}
