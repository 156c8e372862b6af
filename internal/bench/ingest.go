package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
	"relink/internal/devstack/freeport"
	"relink/internal/devstack/proc"
)

const (
	ingestItems  = 100
	rounds       = 3 // of relink and of the baseline in turn
	perRound     = 6000
	warmUp       = 500             // requests before each round, not counted
	pacedFor     = 5 * time.Second // of a round at half the maximum rate
	leastRatio   = 0.9
	mostP99Ratio = 2.5
)

type side struct {
	name, url         string
	rates, p50s, p99s []float64 // by round; webhooks a second, milliseconds
}

// ingest measures how many webhooks a second relink verifies, stores durably and answers 200, beside the baseline: same
// Postgres, same settings of the pool, same load process, same requests, in turn.
//
// The worker is stopped meanwhile: in production it runs on another machine, and here it would take the cores of both
// sides. Temporal is stopped too: the way to the answer, which is measured, does not need it. A round begins with an
// empty inbox.
func ingest(ctx context.Context, r *run) error {
	items, err := r.enrol(ctx, ingestItems)
	if err != nil {
		return err
	}
	for _, part := range []string{"worker", "temporal"} {
		if err := r.Kill(part); err != nil {
			return err
		}
	}
	relink := &side{name: "relink", url: r.Client.WebhookURL()}
	baseline, stop, err := r.startBaseline(ctx)
	if err != nil {
		return err
	}
	defer stop()
	both := []*side{relink, baseline}
	inTurn := func(measure func(s *side, round int) error) error {
		for round := range rounds {
			for _, s := range both {
				if err := measure(s, round); err != nil {
					return fmt.Errorf("load %s: %w", s.name, err)
				}
			}
		}
		return nil
	}
	if err := inTurn(func(s *side, round int) error { return r.fullSpeed(ctx, s, items, round) }); err != nil {
		return err
	}
	rate := min(median(relink.rates), median(baseline.rates)) / 2
	if err := inTurn(func(s *side, round int) error { return r.paced(ctx, s, items, round, rate) }); err != nil {
		return err
	}
	raw, err := r.rawInserts(ctx)
	if err != nil {
		return err
	}
	return r.report(ctx, relink, baseline, rate, raw)
}

func (r *run) report(ctx context.Context, relink, baseline *side, rate, raw float64) error {
	r.atLeast(Row{
		Figure: fmt.Sprintf("webhooks/s on %d connections, median of %d", connections, rounds),
		Relink: median(relink.rates), Baseline: median(baseline.rates), Rounds: inTurn(relink.rates, baseline.rates),
	}, leastRatio)
	r.atMost(Row{
		Figure: fmt.Sprintf("p99 in ms at %.0f/s, half of the slower one's maximum, median of %d", rate, rounds),
		Relink: median(relink.p99s), Baseline: median(baseline.p99s), Rounds: inTurn(relink.p99s, baseline.p99s),
	}, mostP99Ratio)
	r.beside(Row{Figure: "p50 in ms at that rate", Relink: median(relink.p50s), Baseline: median(baseline.p50s)})
	r.beside(Row{Figure: fmt.Sprintf("the baseline's insert without HTTP, rows/s on %d connections", connections), Baseline: raw})
	var bytes [2]float64
	for i, sql := range []string{
		`SELECT coalesce(avg(pg_column_size(i.*)), 0)::float8 FROM inbox i WHERE source = 'webhook'`,
		`SELECT coalesce(avg(pg_column_size(b.*)), 0)::float8 FROM bench_baseline b`,
	} {
		if err := r.DB.QueryRow(ctx, sql).Scan(&bytes[i]); err != nil {
			return fmt.Errorf("measure rows: %w", err)
		}
	}
	r.beside(Row{Figure: "bytes a row", Relink: bytes[0], Baseline: bytes[1]})
	return nil
}

// startBaseline starts the baseline as a process of its own, of this binary.
func (r *run) startBaseline(ctx context.Context) (_ *side, stop func(), err error) {
	port, err := freeport.Take()
	if err != nil {
		return nil, nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	p, err := proc.Start(proc.Options{
		Name: "baseline", Path: r.Binary, Output: os.Stderr,
		Args: []string{"bench", "ingest", ServeBaselineFlag, address, r.Env["DATABASE_URL"]},
	})
	if err != nil {
		return nil, nil, err
	}
	s := &side{name: "baseline", url: "http://" + address + "/"}
	err = blackbox.Await(ctx, "the baseline to answer", func(ctx context.Context) (bool, error) {
		if err := p.Err(); err != nil {
			return false, err
		}
		return true, blackbox.Call(ctx, "GET", s.url, "", nil, nil)
	})
	if err != nil {
		return nil, nil, errors.Join(err, p.Stop(ctx))
	}
	return s, p.Kill, nil
}

// fullSpeed is one round with all connections busy.
func (r *run) fullSpeed(ctx context.Context, s *side, items []blackbox.Item, round int) error {
	requests, err := r.prepare(ctx, s, items, warmUp+perRound)
	if err != nil {
		return err
	}
	rate, err := atFullSpeed(ctx, s.url, requests)
	if err != nil {
		return err
	}
	s.rates = append(s.rates, rate)
	r.Log(fmt.Sprintf("full speed, round %d of %d: %s %.0f webhooks/s", round+1, rounds, s.name, rate))
	return nil
}

// paced is one round in an open loop at a fixed rate.
func (r *run) paced(ctx context.Context, s *side, items []blackbox.Item, round int, rate float64) error {
	requests, err := r.prepare(ctx, s, items, warmUp+int(rate*pacedFor.Seconds()))
	if err != nil {
		return err
	}
	took, err := atRate(ctx, s.url, requests, rate)
	if err != nil {
		return err
	}
	p50, p99 := milliseconds(quantile(took, 0.5)), milliseconds(quantile(took, 0.99))
	s.p50s, s.p99s = append(s.p50s, p50), append(s.p99s, p99)
	r.Log(fmt.Sprintf("%.0f webhooks/s, round %d of %d: %s p50 %.2f ms, p99 %.2f ms", rate, round+1, rounds, s.name, p50, p99))
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// prepare signs the requests of a round, puts aside what is left of the round before, warms the side up, and returns
// the requests that are to be counted. Each is another delivery: a repeat would cost less.
func (r *run) prepare(ctx context.Context, s *side, items []blackbox.Item, n int) ([][]byte, error) {
	requests, err := r.requests(ctx, items, n, s.url)
	if err != nil {
		return nil, err
	}
	if err := r.emptyInbox(ctx); err != nil {
		return nil, err
	}
	if _, err := atFullSpeed(ctx, s.url, requests[:warmUp]); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	return requests[warmUp:], nil
}

// emptyInbox marks what the rounds before have left as delivered, as a dispatcher would have.
func (r *run) emptyInbox(ctx context.Context) error {
	_, err := r.DB.Exec(ctx, `UPDATE inbox SET state = 'delivered', delivered_at = now(), lease_until = NULL WHERE state = 'pending'`)
	if err != nil {
		return fmt.Errorf("empty the inbox: %w", err)
	}
	return nil
}

// rawInserts measures the baseline's insert on as many connections as the load has, without HTTP.
func (r *run) rawInserts(ctx context.Context) (perSecond float64, err error) {
	if err := r.emptyInbox(ctx); err != nil {
		return 0, err
	}
	config := r.DB.Config()
	config.MinConns, config.MaxConns = connections, connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return 0, fmt.Errorf("open database: %w", err)
	}
	defer pool.Close()
	body := fmt.Appendf(nil, `{"webhook_type":"ITEM","webhook_code":"ERROR","padding":"%0360d"}`, 0)
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for i := range perRound {
		g.Go(func() error {
			_, err := pool.Exec(ctx, baselineInsert, fmt.Appendf(nil, "%032d", i), string(body), body)
			return err
		})
	}
	err = g.Wait()
	return perRound / time.Since(began).Seconds(), err
}
