package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"relink/internal/devstack"
	"relink/internal/devstack/scratch"
)

// Drill is one rehearsal.
type Drill struct {
	Name, About string
	// Remote drills can be played against a deployment; the others start, kill and sabotage a relink of their own.
	Remote bool
	// Sabotaged is what Options.Sabotage breaks; the drill must then fail.
	Sabotaged string

	limit  time.Duration           // of its full size
	onDisk bool                    // its relink's data: servers are killed that have to find it again
	policy func(short bool) string // the policy file of its relink; nil is one that mails at once
	play   func(ctx context.Context, p *play) error
}

// All are the drills, in the order in which they are played.
func All() []Drill {
	return []Drill{
		{
			Name:      "webhooks",
			About:     "20,000 signed webhooks about 500 Items while api and Temporal are killed: none lost, every Item right, no step mailed twice",
			Sabotaged: "a trigger in the database marks the hints about some Items as delivered though nobody has seen them",
			limit:     15 * time.Minute,
			onDisk:    true,
			play:      playWebhooks,
		},
		{
			Name:      "nag",
			About:     "1,000 Items of 300 merchants break while their bank is down: nobody is mailed meanwhile, and once it is back each merchant with a broken Item once",
			Sabotaged: "the local Plaid says that logins at the bank are well, so that relink cannot know that they are not",
			limit:     15 * time.Minute,
			policy:    nagPolicy,
			play:      playNag,
		},
		{
			Name:      "blast",
			About:     "5,000 Items break at one moment: no mail, one alert, and one command lets the mails out, paced",
			Sabotaged: "a trigger in the database ends the guard's pause in the moment in which it begins",
			limit:     45 * time.Minute,
			policy:    blastPolicy,
			play:      playBlast,
		},
		{
			Name:      "crash",
			About:     "200 Items break, heal and are repaired through Link while the worker is killed: all end right, no step is mailed twice",
			Sabotaged: "triggers in the database forget that a reminder was claimed once it has been sent",
			limit:     15 * time.Minute,
			play:      playCrash,
		},
	}
}

// Options of a drill.
type Options struct {
	// Start starts a relink; Dir and Say are filled in.
	Start    func(ctx context.Context, o devstack.Options) (*devstack.Stack, error)
	Short    bool              // a tenth of the size, within about a minute
	Sabotage bool              // break the guard: the drill must fail
	Logs     string            // folder that keeps the logs of a drill that failed; empty: none does
	Say      func(line string) // told what goes on
}

// Play plays the drill to its end. What it finds is in the result, also when it could not be played.
func (d Drill) Play(ctx context.Context, o Options) Result {
	began := time.Now()
	p := &play{Options: o, result: Result{Drill: d.Name, Remote: d.Remote, Short: o.Short, Sabotage: o.Sabotage}}
	if o.Sabotage {
		p.Say("sabotage: " + d.Sabotaged)
	}
	err := p.run(ctx, d)
	r := p.result
	r.Seconds = time.Since(began).Seconds()
	switch {
	case err != nil:
		r.Outcome, r.Error = Stopped, err.Error()
	case len(r.Missed) > 0:
		r.Outcome = Fail
	default:
		r.Outcome = Pass
	}
	return r
}

// play is one drill being played.
type play struct {
	Options

	result Result
	stack  *devstack.Stack
}

// run plays the drill in a folder of its own.
func (p *play) run(ctx context.Context, d Drill) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.limit, fmt.Errorf("the drill took longer than %s", d.limit))
	defer cancel()
	folder := scratch.New
	if d.onDisk {
		folder = scratch.NewOnDisk
	}
	dir, err := folder("drill")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	p.Say("starting Postgres, Temporal, the local Plaid, the mailbox, api and worker on free ports")
	o := devstack.Options{Dir: dir.Path, Say: p.Say}
	if d.policy != nil {
		o.Policy = d.policy(p.Short)
	}
	if p.stack, err = p.Start(ctx, o); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, p.stack.Stop())
		if err != nil || (len(p.result.Missed) > 0 && !p.Sabotage) {
			err = errors.Join(err, p.keepLogs(d.Name, dir.Path))
		}
	}()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	go func() {
		select {
		case err := <-p.stack.Failed():
			fail(err)
		case <-ctx.Done():
		}
	}()
	err = d.play(ctx, p)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = errors.Join(err, cause)
	}
	return err
}

func (p *play) keepLogs(drill, dir string) error {
	if p.Logs == "" {
		return nil
	}
	to := filepath.Join(p.Logs, drill)
	err := os.RemoveAll(to)
	if err == nil {
		err = os.CopyFS(to, os.DirFS(filepath.Join(dir, "logs")))
	}
	if err != nil {
		return fmt.Errorf("keep the drill's logs: %w", err)
	}
	p.Say("the logs of every process are in " + to)
	return nil
}
