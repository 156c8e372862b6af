package drill

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"relink/internal/devstack"
	"relink/internal/sut"
)

// Drill is one rehearsal.
type Drill struct {
	Name, About string
	// Remote drills can be played against a deployment. The others start, kill and sabotage a relink of their own.
	Remote bool
	// Sabotaged is what Options.Sabotage breaks; the drill must then fail.
	Sabotaged string

	limit    time.Duration           // of its full size
	onDisk   bool                    // its relink's data: servers are killed that have to find it again
	policy   func(short bool) string // the policy file of its relink; nil is one that mails at once
	rehearse func(ctx context.Context, r *run) error
}

// All returns the drills, in the order in which they are played.
func All() []Drill {
	return []Drill{
		{
			Name: "webhooks",
			About: "20,000 signed webhooks about 500 Items while api and Temporal are killed: none lost, every Item right, " +
				"no step mailed twice",
			Sabotaged: "a trigger in the database marks the hints about some Items as delivered though nobody has seen them",
			limit:     15 * time.Minute,
			onDisk:    true,
			rehearse:  rehearseWebhooks,
		},
		{
			Name: "nag",
			About: "1,000 Items of 300 merchants break while their bank is down: nobody is mailed meanwhile, and once it is " +
				"back each merchant with a broken Item once",
			Sabotaged: "the local Plaid says that logins at the bank are well, so that relink cannot know that they are not",
			limit:     15 * time.Minute,
			policy:    nagPolicy,
			rehearse:  rehearseNag,
		},
		{
			Name:      "blast",
			About:     "5,000 Items break at one moment: no mail, one alert, and one command lets the mails out, paced",
			Sabotaged: "a trigger in the database ends the guard's pause in the moment in which it begins",
			limit:     45 * time.Minute,
			policy:    blastPolicy,
			rehearse:  rehearseBlast,
		},
		{
			Name: "crash",
			About: "200 Items break, heal and are repaired through Link while the worker is killed: all end right, " +
				"no step is mailed twice",
			Sabotaged: "triggers in the database forget that a reminder was claimed once it has been sent",
			limit:     15 * time.Minute,
			rehearse:  rehearseCrash,
		},
	}
}

// Options of a drill.
type Options struct {
	// Start starts a relink; Dir, Policy and Say are filled in.
	Start    func(ctx context.Context, o devstack.Options) (*devstack.Stack, error)
	Short    bool              // a tenth of the size, within about a minute
	Sabotage bool              // break the guard: the drill must fail
	Logs     string            // folder that keeps the logs of a drill that failed; empty: they are removed
	Log      func(line string) // gets what goes on, line by line
}

// Run plays the drill to its end. The result holds what it finds, also when it could not be played.
func (d Drill) Run(ctx context.Context, o Options) Result {
	began := time.Now()
	r := &run{Options: o, result: Result{Drill: d.Name, Remote: d.Remote, Short: o.Short, Sabotage: o.Sabotage}}
	if o.Sabotage {
		r.Log("sabotage: " + d.Sabotaged)
	}
	system := sut.Options{
		Name: "drill", Start: o.Start, OnDisk: d.onDisk, Limit: d.limit, Say: o.Log,
		LogsTo: func(err error) string {
			if o.Logs == "" || (err == nil && (len(r.result.Missed) == 0 || o.Sabotage)) {
				return ""
			}
			return filepath.Join(o.Logs, d.Name)
		},
	}
	if d.policy != nil {
		system.Policy = d.policy(o.Short)
	}
	err := sut.Run(ctx, system, func(ctx context.Context, s *sut.System) error {
		r.System = s
		if err := d.rehearse(ctx, r); !errors.Is(err, errSeenEnough) {
			return err
		}
		return nil
	})
	r.result.Seconds = time.Since(began).Seconds()
	switch {
	case err != nil:
		r.result.Outcome, r.result.Error = Stopped, err.Error()
	case len(r.result.Missed) > 0:
		r.result.Outcome = Fail
	default:
		r.result.Outcome = Pass
	}
	return r.result
}
