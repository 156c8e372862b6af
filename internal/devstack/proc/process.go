package proc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrEnded is in the error of a process that ended without a request to end.
var ErrEnded = errors.New("ended by itself")

const (
	defaultGrace = 10 * time.Second
	deathGrace   = 3 * time.Second // for a death signal that is gentler than SIGKILL, before SIGKILL
	outputDelay  = time.Second     // for the output of a process that ended and whose own child holds the pipe open
	readyPoll    = 10 * time.Millisecond
)

// User is the account that a child runs as.
type User struct{ UID, GID uint32 }

// Options say what to start and how it ends. Only Path is required.
type Options struct {
	Name string // in errors; by default the base name of Path
	Path string // absolute, or a name to look up in PATH
	Args []string
	Dir  string   // working folder; User must be able to enter it
	Env  []string // nil: our own
	User *User    // nil: ourselves; only root may start a child as another user
	// Output gets the child's standard output and error; its own errors are ignored. A writer for several processes must
	// be safe for concurrent use.
	Output     io.Writer
	ExtraFiles []*os.File // they carry locks, and stay open in the child for its whole life

	StopSignal  syscall.Signal // what Stop sends first; by default SIGTERM
	DeathSignal syscall.Signal // what the child gets when we die; by default SIGKILL
	Grace       time.Duration  // how long Stop waits before it kills; by default 10 s
	// Group ends the child's own children too when we die, for tools that do not look after theirs (go, npm).
	Group bool
}

// Process is a running child.
type Process struct {
	cmd   *exec.Cmd
	opts  Options
	tail  *tail
	asked atomic.Bool // we asked it to end
	done  chan struct{}
	exit  error // of Wait; set before done is closed
}

// Start starts the child in a process group of its own. So a terminal's Ctrl-C reaches only us, and we stop the child
// in order.
func Start(o Options) (*Process, error) {
	o.Name = cmp.Or(o.Name, filepath.Base(o.Path))
	o.StopSignal = cmp.Or(o.StopSignal, syscall.SIGTERM)
	o.DeathSignal = cmp.Or(o.DeathSignal, syscall.SIGKILL)
	o.Grace = cmp.Or(o.Grace, defaultGrace)

	cmd := exec.Command(o.Path, o.Args...) //nolint:gosec,noctx // starting the caller's program is the purpose; Stop ends it
	cmd.Dir, cmd.Env, cmd.ExtraFiles = o.Dir, o.Env, o.ExtraFiles
	cmd.WaitDelay = outputDelay
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o.User != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: o.User.UID, Gid: o.User.GID}
	}
	p := &Process{cmd: cmd, opts: o, tail: &tail{out: o.Output}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.tail, p.tail

	release, err := tie(cmd, o)
	if err == nil {
		started := make(chan error, 1)
		go p.hold(started, release)
		err = <-started
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	return p, nil
}

// hold starts the child and waits for it on an OS thread of its own. Linux sends the death signal when the thread ends
// that forked the child, and Go ends idle threads as it likes.
func (p *Process) hold(started chan<- error, release func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		if err = p.cmd.Wait(); !errors.Is(err, exec.ErrWaitDelay) {
			p.exit = err
		}
	}
	release()
	close(p.done)
}

// PID returns the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Output returns the last lines that the child wrote.
func (p *Process) Output() string { return p.tail.String() }

// Err returns nil while the child runs, and after we stopped or killed it. Otherwise it returns [ErrEnded] with the
// exit status and the last lines of the output, even if the exit status is 0.
func (p *Process) Err() error {
	if !p.ended() || p.asked.Load() {
		return nil
	}
	return fmt.Errorf("%s %w (%s)%s", p.opts.Name, ErrEnded, p.cmd.ProcessState, p.tail.quote())
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// AwaitReady calls ready until it returns true, and then returns its error. It fails when the child ends or ctx is
// over; the error has the last error of ready.
func (p *Process) AwaitReady(ctx context.Context, ready func() (bool, error)) error {
	for {
		done, err := ready()
		if done {
			return err
		}
		select {
		case <-time.After(readyPoll):
		case <-p.done:
			return p.Err()
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait until it is ready: %w", context.Cause(ctx)), err)
		}
	}
}

// Stop asks the child to end, kills it when its grace or ctx is over, and returns when it is gone. It returns
// [Process.Err] for a child that ended before, and an error for one that it had to kill.
func (p *Process) Stop(ctx context.Context) error {
	if p.ended() {
		return p.Err()
	}
	p.asked.Store(true)
	p.signal(p.opts.StopSignal)
	if p.gone(ctx, p.opts.Grace) {
		return nil
	}
	if p.opts.DeathSignal != syscall.SIGKILL && ctx.Err() == nil {
		p.signal(p.opts.DeathSignal)
		p.gone(ctx, deathGrace)
	}
	p.Kill()
	return fmt.Errorf("stop %s: killed, it had not ended after %s", p.opts.Name, p.opts.Grace)
}

// Kill ends the child and its group with SIGKILL and returns when the child is gone.
func (p *Process) Kill() {
	if p.ended() {
		return
	}
	p.asked.Store(true)
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	p.signal(syscall.SIGKILL)
	<-p.done
}

// signal ignores an error: it means that the child has ended, which done shows.
func (p *Process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

func (p *Process) gone(ctx context.Context, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// Run starts a tool and waits for it. It returns nil if the tool exits with 0, and stops the tool when ctx is over.
func Run(ctx context.Context, o Options) error {
	p, err := Start(o)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		err := fmt.Errorf("run %s: %w", p.opts.Name, context.Cause(ctx))
		return errors.Join(err, p.Stop(context.WithoutCancel(ctx)))
	}
	if p.exit != nil {
		return fmt.Errorf("run %s: %w%s", p.opts.Name, p.exit, p.tail.quote())
	}
	return nil
}

// Environ returns our own environment without the variables that unwanted names, and with more ("NAME=value"). It keeps
// settings that a user made for other programs away from a child.
func Environ(unwanted func(name string) bool, more ...string) []string {
	ours := os.Environ() //nolint:forbidigo // for a child; nothing here reads it
	return append(slices.DeleteFunc(ours, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return unwanted(name)
	}), more...)
}
