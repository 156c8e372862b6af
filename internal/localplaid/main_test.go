package localplaid_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(victimVar); file != "" {
		fmt.Fprintln(os.Stderr, serveUntilKilled(file))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}
