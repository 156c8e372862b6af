package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"relink/internal/devstack/proc"
	"relink/internal/drill"
)

// errMissed: a drill or a bench did not hold its bars; its own line has said which.
var errMissed = errors.New("not every bar holds")

func runDrill(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("drill", flag.ContinueOnError)
	short := flags.Bool("short", false, "a tenth of the size, within about a minute")
	sabotage := flags.Bool("sabotage", false, "break the guard on purpose: the drill must then FAIL")
	asJSON := flags.Bool("json", false, "print one JSON object per drill at its end")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: relink drill [NAME] [flags]\n\n%s\n", listDrills())
		flags.PrintDefaults()
	}
	name, err := parseNamed(flags, args)
	if err != nil {
		return err
	}
	if name == "list" {
		fmt.Print(listDrills())
		return nil
	}
	var chosen []drill.Drill
	for _, d := range drill.All() {
		if name == "" || name == d.Name {
			chosen = append(chosen, d)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("%w: there is no drill %q\n%s", errUsage, name, listDrills())
	}
	ctx = proc.DieWithParent(ctx)
	held := true
	for _, d := range chosen {
		say := teller(os.Stderr)
		result := d.Play(ctx, drill.Options{
			Start: startStack, Short: *short, Sabotage: *sabotage, Logs: filepath.Join(".relink", "drill"), Say: say,
		})
		held = held && result.Outcome == drill.Pass
		if *asJSON {
			err = json.NewEncoder(os.Stdout).Encode(result)
		} else {
			_, err = fmt.Println(result)
		}
		if err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if !held {
		return errMissed
	}
	return nil
}

func listDrills() string {
	var b strings.Builder
	for _, d := range drill.All() {
		where := "local"
		if d.Remote {
			where = "remote"
		}
		fmt.Fprintf(&b, "  %-9s %-6s  %s\n", d.Name, where, d.About)
	}
	return b.String()
}

// parseNamed reads a command's flags and the one name that may stand before or behind them.
func parseNamed(flags *flag.FlagSet, args []string) (name string, err error) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	if err := flags.Parse(args); err != nil {
		return "", fmt.Errorf("%w: %w", errUsage, err)
	}
	if name == "" && flags.NArg() == 1 {
		return flags.Arg(0), nil
	}
	if flags.NArg() > 0 {
		return "", fmt.Errorf("%w: %s takes one name, not also %q", errUsage, flags.Name(), flags.Arg(0))
	}
	return name, nil
}
