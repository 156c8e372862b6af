package drill

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// sayEvery is how often a drill says how far it is.
const sayEvery = 3 * time.Second

// settle looks again and again until nothing is left of what, or until it has not shrunk for patience. What is left then
// is for a bar to judge. An error of look is one only when it does not go away.
func (p *play) settle(ctx context.Context, what string, patience time.Duration, look func(ctx context.Context) (left int, err error)) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	began, better, said := time.Now(), time.Now(), time.Now()
	fewest := -1
	for {
		left, err := look(ctx)
		switch {
		case err == nil && left == 0:
			p.Say(fmt.Sprintf("%s: none left after %.1f s", what, time.Since(began).Seconds()))
			return nil
		case err == nil && (fewest < 0 || left < fewest):
			fewest, better = left, time.Now()
		case time.Since(better) > patience:
			return err
		}
		if time.Since(said) > sayEvery {
			p.Say(fmt.Sprintf("%s: %d left, %.0f s", what, fewest, time.Since(began).Seconds()))
			said = time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait for %s: %w", what, context.Cause(ctx)), err)
		}
	}
}

// watch looks again and again for a while, or until look has seen enough.
func (p *play) watch(ctx context.Context, what string, while time.Duration, look func(ctx context.Context) (enough bool, err error)) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	began, said := time.Now(), time.Now()
	for time.Since(began) < while {
		enough, err := look(ctx)
		if err != nil || enough {
			return err
		}
		if time.Since(said) > sayEvery {
			p.Say(fmt.Sprintf("%s, %.0f of %.0f s", what, time.Since(began).Seconds(), while.Seconds()))
			said = time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("watch %s: %w", what, context.Cause(ctx))
		}
	}
	return nil
}
