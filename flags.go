package main

import (
	"flag"
	"fmt"
)

// parse reads a command's flags; flag's own words go to standard error.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %s takes no argument %q", errUsage, flags.Name(), flags.Arg(0))
	}
	return nil
}
