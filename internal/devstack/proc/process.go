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
	"sync/atomic"
	"syscall"
	"time"
)

// ErrEnded is in the error of a process that ended though nobody had asked it to.
var ErrEnded = errors.New("ended by itself")

const (
	defaultGrace = 10 * time.Second
	// After the stop signal and before SIGKILL a process with a gentler death signal gets that one, and this long.
	deathGrace = 3 * time.Second
	// How long the output is still read after the process has ended while a grandchild holds the pipe open.
	outputDelay = time.Second
)

// User is the account a child runs as.
type User struct {
	UID, GID uint32
}

// Options say what to start and how it ends. Only Path is required.
type Options struct {
	Name string // in errors; the base name of Path by default
	Path string // an absolute path, or a name looked up in PATH
	Args []string
	Dir  string   // working folder; it must be open to User
	Env  []string // nil: our own
	User *User    // nil: ourselves; another user takes root
	// Output gets all that the child writes to its standard output and error. Errors of Output are ignored. It is called from one
	// goroutine per process: give several processes one writer only if that is safe for concurrent use.
	Output io.Writer
	// ExtraFiles are open in the child for as long as it lives, at numbers it need not know: locks.
	ExtraFiles []*os.File

	StopSignal  syscall.Signal // what Stop sends first; SIGTERM by default
	DeathSignal syscall.Signal // what the child gets when we die; SIGKILL by default
	Grace       time.Duration  // how long Stop waits before it kills; 10 s by default
	// Group ends the child's own children with it too, when we die. It is for tools that start others (go, npm): a server that
	// looks after its children needs no Group.
	Group bool
}

// Process is a running child.
type Process struct {
	name  string
	cmd   *exec.Cmd
	opts  Options
	tail  *tail
	asked atomic.Bool // we asked it to end
	done  chan struct{}
	exit  error // of Wait; set before done is closed
}

// Start starts the child. It leads a process group of its own, so that a terminal's Ctrl-C reaches us alone and we stop it in order.
func Start(o Options) (*Process, error) {
	o.Name = cmp.Or(o.Name, filepath.Base(o.Path))
	o.StopSignal = cmp.Or(o.StopSignal, syscall.SIGTERM)
	o.DeathSignal = cmp.Or(o.DeathSignal, syscall.SIGKILL)
	o.Grace = cmp.Or(o.Grace, defaultGrace)

	cmd := exec.Command(o.Path, o.Args...) //nolint:gosec,noctx // to start what we are told is what this is for; its end is Stop's
	cmd.Dir, cmd.Env, cmd.ExtraFiles = o.Dir, o.Env, o.ExtraFiles
	cmd.WaitDelay = outputDelay
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o.User != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: o.User.UID, Gid: o.User.GID}
	}
	p := &Process{name: o.Name, cmd: cmd, opts: o, tail: newTail(o.Output), done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.tail, p.tail

	release, err := tie(cmd, o)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	started := make(chan error, 1)
	go p.hold(started, release)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	return p, nil
}

// hold starts the child and waits for it on one OS thread that nobody else uses: Linux sends the death signal when the thread that
// forked the child ends, and Go ends idle threads as it likes.
func (p *Process) hold(started chan<- error, release func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	if err != nil {
		release()
		started <- err
		return
	}
	started <- nil
	err = p.cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	p.exit = err
	release()
	close(p.done)
}

// PID is the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Output is the last lines the child wrote.
func (p *Process) Output() string { return p.tail.String() }

// Err is nil while the child runs and after it was stopped or killed by us; else it is [ErrEnded] with the exit status and the
// last lines of the output, also for a child that ended in peace.
func (p *Process) Err() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	if p.asked.Load() {
		return nil
	}
	return fmt.Errorf("%s %w (%s)%s", p.name, ErrEnded, p.cmd.ProcessState, p.tail.quote())
}

// Stop asks the child to end, kills it when its grace or ctx is over, and returns when it is gone. A child that had ended before
// gives its [Process.Err]; one that had to be killed gives an error as well.
func (p *Process) Stop(ctx context.Context) error {
	select {
	case <-p.done:
		return p.Err()
	default:
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
	return fmt.Errorf("stop %s: killed, it had not ended after %s", p.name, p.opts.Grace)
}

// Kill ends the child and its group with SIGKILL and returns when the child is gone.
func (p *Process) Kill() {
	select {
	case <-p.done:
		return
	default:
	}
	p.asked.Store(true)
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL)
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *Process) signal(s syscall.Signal) {
	// An error means that it has ended by now, which is seen on done.
	_ = p.cmd.Process.Signal(s)
}

func (p *Process) gone(ctx context.Context, within time.Duration) bool {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// Run starts a tool, waits for it, and answers nil if it exited with 0. When ctx is over the tool is stopped.
func Run(ctx context.Context, o Options) error {
	p, err := Start(o)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("run %s: %w", p.name, context.Cause(ctx)), p.Stop(context.WithoutCancel(ctx)))
	}
	if p.exit != nil {
		return fmt.Errorf("run %s: %w%s", p.name, p.exit, p.tail.quote())
	}
	return nil
}
