package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// ErrUsage is wrapped by every error that a wrong command line causes.
var ErrUsage = errors.New("wrong usage")

// WrongUsage returns an error that wraps ErrUsage. The format is that of fmt.Errorf.
func WrongUsage(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrUsage, fmt.Errorf(format, args...))
}

// Words returns the words of a command line that call a command, without the program's name: "items list".
func Words(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// NoArgs is for commands that take flags alone.
func NoArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return WrongUsage("%s takes no argument %q", Words(c), args[0])
	}
	return nil
}

// OneArg is for commands that take exactly one argument; what names it: "one CSV file".
func OneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return WrongUsage("%s takes %s", Words(c), what)
		}
		return nil
	}
}

// AtMostOneArg is for commands that take one argument or none.
func AtMostOneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return WrongUsage("%s takes %s, not also %q", Words(c), what, args[1])
		}
		return nil
	}
}
