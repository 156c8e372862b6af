package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
)

// errMissed is the error of a drill or a bench that missed one of its bars. The line before names the bar.
var errMissed = errors.New("not every bar holds")

// named is something that a command runs by its name: a drill or a bench.
type named struct{ name, line string }

// choose returns the indexes of the drills or benches that the arguments name: all without a name. With "list" it
// prints them, and returns none.
func choose(t *cli.Terminal, kind string, all []named, args []string) (chosen []int, err error) {
	if len(args) == 0 {
		for i := range all {
			chosen = append(chosen, i)
		}
		return chosen, nil
	}
	var names []string
	for i, one := range all {
		if one.name == args[0] {
			return []int{i}, nil
		}
		names = append(names, one.name)
	}
	if args[0] != "list" {
		return nil, cli.WrongUsage("there is no %s %q; there are %s", kind, args[0], strings.Join(names, ", "))
	}
	for _, one := range all {
		if err := t.Say("%s", one.line); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// describe lists the drills or benches in the command's help, and adds their names to the completion.
func describe(c *cobra.Command, all []named) {
	c.Long = c.Short + ".\n"
	for _, one := range all {
		c.Long += "\n" + one.line
		c.ValidArgs = append(c.ValidArgs, one.name)
	}
	c.ValidArgs = append(c.ValidArgs, "list")
}

// printResult prints the result of one drill or bench: its own line for people, or JSON.
func printResult(t *cli.Terminal, result fmt.Stringer) error {
	if t.JSON {
		return t.PrintJSON(result)
	}
	_, err := fmt.Fprintln(t.Out, result) // a result may have several lines
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}
