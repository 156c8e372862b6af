package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// connections is how many the load keeps open.
const connections = 32

var errNot200 = errors.New("not every request was answered 200")

// atFullSpeed sends every request as fast as the connections are answered, and returns how many a second that was.
func atFullSpeed(ctx context.Context, address string, requests [][]byte) (perSecond float64, err error) {
	var next atomic.Int64
	began := time.Now()
	err = onConnections(ctx, address, func(c *conn) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(requests) {
				return nil
			}
			if err := must200(c, requests[i]); err != nil {
				return err
			}
		}
	})
	return float64(len(requests)) / time.Since(began).Seconds(), err
}

// atRate sends the requests at their times, whether earlier ones have been answered or not (an open loop). It returns
// how long after its time each was answered: what waits for a free connection, or for us, waits too.
func atRate(ctx context.Context, address string, requests [][]byte, perSecond float64) ([]time.Duration, error) {
	took := make([]time.Duration, len(requests))
	due := make(chan int, len(requests))
	began := time.Now()
	at := func(i int) time.Time { return began.Add(time.Duration(float64(i) / perSecond * float64(time.Second))) }
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(due)
		timer := time.NewTimer(0)
		defer timer.Stop()
		for i := range requests {
			if wait := time.Until(at(i)); wait > 0 {
				timer.Reset(wait)
				select {
				case <-timer.C:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			due <- i
		}
		return nil
	})
	g.Go(func() error {
		return onConnections(ctx, address, func(c *conn) error {
			for i := range due {
				if err := must200(c, requests[i]); err != nil {
					return err
				}
				took[i] = time.Since(at(i))
			}
			return nil
		})
	})
	return took, g.Wait()
}

func onConnections(ctx context.Context, address string, work func(c *conn) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for range connections {
		g.Go(func() error {
			c, err := dial(ctx, address)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			defer context.AfterFunc(ctx, func() { _ = c.Close() })() // ends a wait for an answer
			return work(c)
		})
	}
	return g.Wait()
}

func must200(c *conn, req []byte) error {
	status, err := c.do(req)
	if err == nil && status != http.StatusOK {
		return fmt.Errorf("%w: one was answered %d", errNot200, status)
	}
	return err
}
