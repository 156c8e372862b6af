package drill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	// pollEvery is how often a drill looks, and sayEvery how often it says how far it is.
	pollEvery = 500 * time.Millisecond
	sayEvery  = 3 * time.Second
)

// poll calls look again and again until nothing is left of what, or until it has not shrunk for patience. A bar judges
// what is left then. An error of look counts only if it does not go away.
func (r *run) poll(ctx context.Context, what string, patience time.Duration, look func(ctx context.Context) (left int, err error)) error {
	began, better, said := time.Now(), time.Now(), time.Now()
	fewest := -1
	for {
		left, err := look(ctx)
		switch {
		case err == nil && left == 0:
			r.Log(fmt.Sprintf("%s: none left after %.1f s", what, time.Since(began).Seconds()))
			return nil
		case err == nil && (fewest < 0 || left < fewest):
			fewest, better = left, time.Now()
		case time.Since(better) > patience:
			return err
		}
		if time.Since(said) > sayEvery {
			r.Log(fmt.Sprintf("%s: %d left, %.0f s", what, fewest, time.Since(began).Seconds()))
			said = time.Now()
		}
		if over := sleep(ctx, pollEvery); over != nil {
			return errors.Join(fmt.Errorf("wait for %s: %w", what, over), err)
		}
	}
}

// pollFor calls look again and again for a while, or until it has seen enough.
func (r *run) pollFor(
	ctx context.Context,
	what string,
	while time.Duration,
	look func(ctx context.Context) (enough bool, err error),
) error {
	end := time.Now().Add(while)
	return r.poll(ctx, "seconds of "+what, time.Minute, func(ctx context.Context) (left int, err error) {
		if enough, err := look(ctx); enough || err != nil {
			return 0, err
		}
		return max(0, int(math.Ceil(time.Until(end).Seconds()))), nil
	})
}

// sleep returns early, and with why, when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
