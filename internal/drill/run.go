package drill

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"relink/internal/blackbox"
	"relink/internal/sut"
)

// run is one drill under way: its relink, whom it enrols, and what it finds.
type run struct {
	Options
	*sut.System

	result Result
	owners []blackbox.Merchant // by Item
	items  []blackbox.Item     // once enrolled
	expect func(it int) expectation
}

// expectation is how an Item ends, and what its owner is mailed.
type expectation struct {
	code   string // of its error at Plaid; empty: it is well
	owed   bool   // exactly one reminder
	thanks int    // exactly so many "reconnected" mails
}

// restPatience is how long no further Item may come to rest: mails leave at ten a second.
const restPatience = 30 * time.Second

// platypus is the bank of every Item here (Plaid's own test institution).
const platypus = "ins_109508"

// enrol links an Item for each of the owners, and waits until it has its workflow.
func (r *run) enrol(ctx context.Context) (err error) {
	r.items, err = r.Enrol(ctx, r.owners)
	return err
}

// awaitRest waits until the workflows of all Items are at rest. After enrolment each has asked Plaid about its Item by
// then. A question that is still on its way could find out what only a webhook should tell.
func (r *run) awaitRest(ctx context.Context) error {
	return r.poll(ctx, "items with something under way", restPatience, r.Busy(r.items))
}

// breakAll breaks every Item at once, with Plaid's webhooks about it.
func (r *run) breakAll(ctx context.Context) error {
	many, err := r.Client.BreakAll(ctx, platypus, 1, loginRequired, true)
	if err != nil {
		return fmt.Errorf("break all items: %w", err)
	}
	if n := len(r.items); many.Count != n || many.Webhooks != n {
		return fmt.Errorf("break all items: broke %d of %d and sent %d webhooks", many.Count, n, many.Webhooks)
	}
	r.Log(fmt.Sprintf("%d items broke at one moment, and Plaid's webhooks are on their way", len(r.items)))
	return nil
}

// awaitBroken waits until relink holds exactly so many Items for broken.
func (r *run) awaitBroken(ctx context.Context, want int) error {
	what := fmt.Sprintf("items to go until relink holds %d for broken", want)
	return r.poll(ctx, what, 3*time.Minute, func(ctx context.Context) (left int, err error) {
		var broken int
		err = r.DB.QueryRow(ctx, `SELECT count(*) FROM items WHERE state = 'login_required'`).Scan(&broken)
		return max(want-broken, broken-want), err
	})
}

// kill kills a part with SIGKILL whenever done reaches the next of the marks, and starts it again on the same data.
func (r *run) kill(ctx context.Context, part string, marks []float64, away time.Duration, done func() float64) error {
	for n, mark := range marks {
		err := blackbox.Await(ctx, "the moment to kill "+part, func(context.Context) (bool, error) { return done() >= mark, nil })
		if err != nil {
			return err
		}
		if err := r.Kill(part); err != nil {
			return err
		}
		if err := sleep(ctx, away); err != nil {
			return err
		}
		began := time.Now()
		if err := r.Restart(ctx, part); err != nil {
			return fmt.Errorf("start %s again: %w", part, err)
		}
		r.Log(fmt.Sprintf("killed %s with SIGKILL, %d of %d; it answers again %.1f s after its start",
			part, n+1, len(marks), time.Since(began).Seconds()))
	}
	return nil
}

// sabotageScripts break the database's part in a guard, by the drill's name.
//
//go:embed sabotage/*.sql
var sabotageScripts embed.FS

// sabotage breaks the drill's guard in the database, where that was asked for.
func (r *run) sabotage(ctx context.Context) error {
	if !r.Sabotage {
		return nil
	}
	script, err := sabotageScripts.ReadFile("sabotage/" + r.result.Drill + ".sql")
	if err == nil {
		_, err = r.DB.Exec(ctx, string(script))
	}
	if err != nil {
		return fmt.Errorf("sabotage: %w", err)
	}
	return nil
}

// errSeenEnough ends a drill early: after a bar that was missed, the rest of the drill would show nothing.
var errSeenEnough = errors.New("a bar was missed, and the rest would show nothing")

// inOrder does one step after the other, until one fails.
func inOrder(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
