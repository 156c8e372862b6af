package temporalserver_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.uber.org/goleak"

	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
)

// The test binary plays a process that runs a server on a file, says who it is, and is killed.
const helperVar = "RELINK_TEMPORALSERVER_DB"

func TestMain(m *testing.M) {
	if db := os.Getenv(helperVar); db != "" {
		s, err := temporalserver.Start(context.Background(), temporalserver.Options{DBFile: db, UIPort: temporalserver.Headless})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(s.PID())
		<-s.Done()
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, o temporalserver.Options) *temporalserver.Server {
	t.Helper()
	s, err := temporalserver.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil && !errors.Is(err, proc.ErrEnded) {
			t.Error(err)
		}
	})
	return s
}

func dial(t *testing.T, s *temporalserver.Server) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: s.Address(), Namespace: s.Namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
