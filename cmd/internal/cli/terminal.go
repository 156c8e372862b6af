package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// Terminal is where a command runs: who acts, whether that person can be asked, and where output goes. Flags are read
// into it before the command begins.
type Terminal struct {
	// Actor is who acts. It is stored beside everything the command changes.
	Actor string
	// Yes means that the caller has agreed beforehand, so that nothing is asked.
	Yes bool
	// JSON means that results are printed as JSON.
	JSON bool
	// PersonAtIn means that a person sits at In and can answer.
	PersonAtIn bool

	In io.Reader
	// Out gets results. Err gets questions, progress and errors.
	Out, Err io.Writer
}

// NewTerminal returns the terminal of this process. The person who acts is the user of this machine.
func NewTerminal(in *os.File, out, err io.Writer) *Terminal {
	t := &Terminal{Actor: "shell", PersonAtIn: term.IsTerminal(int(in.Fd())), In: in, Out: out, Err: err}
	if who, err := user.Current(); err == nil && who.Username != "" {
		t.Actor = who.Username
	}
	return t
}

// ActFlags adds the flags of every command that changes something.
func (t *Terminal) ActFlags(flags *pflag.FlagSet) {
	flags.Func("by", "`who` acts, for the record; by default the user of this machine", func(name string) error {
		if name = strings.TrimSpace(name); name != "" {
			t.Actor = name
		}
		return nil
	})
	flags.BoolVar(&t.Yes, "yes", false, "do not ask first")
	t.JSONFlag(flags, "print the result as JSON")
}

// JSONFlag adds --json.
func (t *Terminal) JSONFlag(flags *pflag.FlagSet, usage string) {
	flags.BoolVar(&t.JSON, "json", false, usage)
}

// Confirm asks the person to agree to what was found: "12 Items match; remind them? [y/N]". It returns false when
// they do not. Where nobody can answer, it returns an error that wraps ErrUsage and contains what was found.
func (t *Terminal) Confirm(found, question string) (bool, error) {
	if t.Yes {
		return true, nil
	}
	if t.PersonAtIn {
		fmt.Fprintf(t.Err, "%s; %s? [y/N] ", Harmless(found), Harmless(question))
		line, err := bufio.NewReader(t.In).ReadString('\n')
		if err == nil {
			switch strings.ToLower(strings.TrimSpace(line)) {
			case "y", "yes":
				return true, nil
			}
			t.Note("nothing was changed")
			return false, nil
		}
		fmt.Fprintln(t.Err)
	}
	return false, WrongUsage("%s; nobody is here to agree, so --yes is needed: nothing was changed", found)
}

// Progress is a bar that shows how many of a total are done.
type Progress struct {
	bar *progressbar.ProgressBar
	out io.Writer
}

// Progress begins a bar of total steps. Its caller must call End.
func (t *Terminal) Progress(what string, total int64) *Progress {
	return &Progress{out: t.Err, bar: progressbar.NewOptions64(total, progressbar.OptionSetWriter(t.Err),
		progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(time.Second/4))}
}

// Set moves the bar. A total above 0 replaces the one from before.
func (p *Progress) Set(done, total int64) {
	if total > 0 {
		p.bar.ChangeMax64(total)
	}
	_ = p.bar.Set64(done) // the work goes on even if the bar cannot be drawn
}

// End ends the bar's line.
func (p *Progress) End() { fmt.Fprintln(p.out) }
