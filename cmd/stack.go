package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"relink/internal/devstack"
	"relink/internal/vault"
	"relink/workflows"
)

// startStack starts every part on this machine, with relink's own roles from this binary.
func startStack(ctx context.Context, o devstack.Options) (*devstack.Stack, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find our own binary: %w", err)
	}
	o.Binary, o.SearchAttributes, o.CreateKeyset = self, workflows.SearchAttributes(), vault.CreateKeyset
	return devstack.Start(ctx, o)
}

// timestamped returns a function that prints a line to w with the time in front.
func timestamped(w io.Writer) func(line string) {
	return func(line string) { _, _ = fmt.Fprintf(w, "%s  %s\n", time.Now().Format("15:04:05"), line) }
}
