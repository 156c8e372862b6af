// Command orphan waits until the go command that runs it is gone, and says who it is and why it ended.
package main

import (
	"context"
	"fmt"
	"os"

	"relink/internal/devstack/proc"
)

func main() {
	ctx := proc.DieWithParent(context.Background())
	if ctx.Done() == nil {
		fmt.Println("parent is not the go command")
		os.Exit(1)
	}
	fmt.Println(os.Getpid())
	<-ctx.Done()
	fmt.Println(context.Cause(ctx))
}
