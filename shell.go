package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"go.temporal.io/api/serviceerror"
	"go.uber.org/zap/zapcore"

	"relink/internal/config"
	"relink/internal/item"
	"relink/internal/telemetry"
	"relink/starter"
)

// shell is where an operator's command runs: who it is, what was asked for, where answers go.
type shell struct {
	by          string
	yes, asJSON bool
	in          io.Reader
	terminal    bool // somebody sits at in
	out, ask    io.Writer
}

// hand reaches the workflows; starter.Starter is one.
type hand interface {
	Count(ctx context.Context, matching string) (int64, error)
	Order(ctx context.Context, id item.ID, o item.Order) error
	OrderAll(ctx context.Context, matching string, o item.Order, progress func(done, total int64)) (reached, missed int64, err error)
	ReconcileNow(ctx context.Context) error
}

// newShell answers the shell of this process.
func newShell() shell {
	s := shell{in: os.Stdin, out: os.Stdout, ask: os.Stderr, by: "shell"}
	if who, err := user.Current(); err == nil {
		s.by = who.Username
	}
	if in, err := os.Stdin.Stat(); err == nil {
		s.terminal = in.Mode()&os.ModeCharDevice != 0
	}
	return s
}

// flags are those of every command that changes something.
func (s *shell) flags(flags *flag.FlagSet) {
	flags.BoolVar(&s.yes, "yes", false, "do not ask first")
	flags.BoolVar(&s.asJSON, "json", false, "print JSON")
	flags.Func("by", "who gives the order; the user of this machine by default", func(name string) error {
		s.by = cmp.Or(strings.TrimSpace(name), s.by)
		return nil
	})
}

// openHand connects to Temporal when it is needed; the function ends that.
func openHand() (hand, func(), error) {
	cfg, err := config.Load(config.Operator, os.Environ())
	if err != nil {
		return nil, nil, err
	}
	log, err := telemetry.Logger(max(cfg.LogLevel, zapcore.WarnLevel), "shell")
	if err != nil {
		return nil, nil, err
	}
	opts, err := temporalOptions()
	if err != nil {
		return nil, nil, err
	}
	temporal, err := temporalClient(telemetry.New(log, telemetry.Options{}))
	if err != nil {
		return nil, nil, err
	}
	return starter.New(temporal, starter.Options{Environment: cfg.PlaidEnv, Namespace: opts.Namespace}), temporal.Close, nil
}

// agree has the person at the terminal agree to what was found. Where nobody sits it is wrong usage: nothing is changed.
func (s shell) agree(found, question string) (bool, error) {
	if s.yes {
		return true, nil
	}
	if s.terminal {
		_, _ = fmt.Fprintf(s.ask, "%s; %s? [y/N] ", found, question)
		answer, err := bufio.NewReader(s.in).ReadString('\n')
		if err == nil {
			switch strings.ToLower(strings.TrimSpace(answer)) {
			case "y", "yes":
				return true, nil
			}
			_, _ = fmt.Fprintln(s.ask, "nothing was changed")
			return false, nil
		}
		_, _ = fmt.Fprintln(s.ask)
	}
	return false, fmt.Errorf("%w: %s; nobody is here to agree, so --yes is needed: nothing was changed", errUsage, found)
}

// tally is what became of an order to many Items.
type tally struct {
	Do      item.Act `json:"do"`
	Matched int64    `json:"matched"`
	Reached int64    `json:"reached"`
	Missed  int64    `json:"missed"`
}

// count answers how many Items match. A query that Temporal does not understand is the caller's wrong usage.
func count(ctx context.Context, h hand, matching string) (int64, error) {
	n, err := h.Count(ctx, matching)
	if _, refused := errors.AsType[*serviceerror.InvalidArgument](err); refused {
		return 0, fmt.Errorf("%w: %w", errUsage, err)
	}
	return n, err
}

// orderAll hands the order to all that match, and shows how far it is.
func (s shell) orderAll(ctx context.Context, h hand, matching string, matched int64, o item.Order) (tally, error) {
	t := tally{Do: o.Do, Matched: matched}
	if matched == 0 {
		return t, nil
	}
	bar := progressbar.NewOptions64(matched, progressbar.OptionSetWriter(s.ask), progressbar.OptionSetDescription(string(o.Do)),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(time.Second/4))
	var err error
	t.Reached, t.Missed, err = h.OrderAll(ctx, matching, o, func(done, total int64) {
		if total > 0 {
			bar.ChangeMax64(total)
		}
		_ = bar.Set64(done)
	})
	_, _ = fmt.Fprintln(s.ask)
	return t, err
}

// missed is the error of a tally that did not reach everybody.
func (t tally) missed() error {
	if t.Missed > 0 {
		return fmt.Errorf("%s could not be reached", items(t.Missed))
	}
	return nil
}

func (s shell) printJSON(v any) error {
	if err := json.NewEncoder(s.out).Encode(v); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (s shell) say(format string, args ...any) error {
	if _, err := fmt.Fprintf(s.out, format+"\n", args...); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func items(n int64) string {
	if n == 1 {
		return "1 Item"
	}
	return fmt.Sprintf("%d Items", n)
}

// parseMixed reads flags that stand before, between and behind a command's other words.
func parseMixed(flags *flag.FlagSet, args []string) (words []string, err error) {
	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, rest = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}
