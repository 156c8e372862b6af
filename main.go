// Command relink keeps Plaid Items connected. "relink help" names its commands.
//
// Start reading at cmd.Run.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"relink/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills at once
	os.Exit(cmd.Run(ctx, os.Args[1:]))
}
