// Command orphan prints its process id and runs until the go command that runs it is gone.
package main

import (
	"context"
	"fmt"
	"os"

	"relink/internal/devstack/proc"
)

func main() {
	fmt.Println(os.Getpid())
	<-proc.DieWithParent(context.Background()).Done()
}
