package drill

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"relink/internal/outside"
)

// Blows fall when so much of the webhooks has been answered 200.
var (
	apiKilledAt      = []float64{0.08, 0.25, 0.42, 0.6, 0.78}
	temporalKilledAt = []float64{0.35}
)

// temporalAway is how long Temporal stays away, so that webhooks come meanwhile and api is killed then too.
const temporalAway = 3 * time.Second

// kill kills a part with SIGKILL at each of the marks and starts it again on the same data.
func (p *play) kill(ctx context.Context, part string, marks []float64, away time.Duration, done func() float64) error {
	for n, mark := range marks {
		err := outside.Await(ctx, fmt.Sprintf("the moment to kill %s", part), func(context.Context) (bool, error) {
			return done() >= mark, nil
		})
		if err != nil {
			return err
		}
		if err := p.stack.Kill(part); err != nil {
			return err
		}
		select {
		case <-time.After(away):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		began := time.Now()
		if err := p.stack.Restart(ctx, part); err != nil {
			return fmt.Errorf("start %s again: %w", part, err)
		}
		p.Say(fmt.Sprintf("killed %s with SIGKILL, %d of %d; it answers again %.1f s after its start", part, n+1, len(marks), time.Since(began).Seconds()))
	}
	return nil
}

// sendAndKill plays the plan while parts are killed, and says how far it is.
func (p *play) sendAndKill(ctx context.Context, s *sender, sends int) error {
	done := func() float64 {
		acked, _ := s.ledger.tally()
		return float64(acked) / float64(sends)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.kill(ctx, "api", apiKilledAt, 0, done) })
	g.Go(func() error { return p.kill(ctx, "temporal", temporalKilledAt, temporalAway, done) })
	sent := make(chan struct{})
	g.Go(func() error {
		defer close(sent)
		return s.run(ctx)
	})
	g.Go(func() error {
		began := time.Now()
		tick := time.NewTicker(sayEvery)
		defer tick.Stop()
		for {
			acked, resent := s.ledger.tally()
			p.Say(fmt.Sprintf("%d of %d webhooks answered 200, %d sent again, %.0f s", acked, sends, resent, time.Since(began).Seconds()))
			select {
			case <-sent:
				return nil
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
	return g.Wait()
}
