package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
)

// connections is how many the load keeps open.
const connections = 32

var errNot200 = errors.New("not every request was answered 200")

// request is a POST as it goes over the wire.
func request(to, token, body string) ([]byte, error) {
	u, err := url.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	const headers = "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nPlaid-Verification: %s\r\nContent-Length: %d\r\n\r\n"
	return append(fmt.Appendf(nil, headers, u.RequestURI(), u.Host, token, len(body)), body...), nil
}

// atFullSpeed sends every request to a URL as fast as it is answered, and returns how many a second that was.
func atFullSpeed(ctx context.Context, to string, requests [][]byte) (perSecond float64, err error) {
	began := time.Now()
	_, err = atRate(ctx, to, requests, math.Inf(1))
	return float64(len(requests)) / time.Since(began).Seconds(), err
}

// atRate sends the requests to a URL at their times, whether earlier ones have been answered or not (an open loop). It
// returns how long after its time each was answered: what waits for a free connection, or for us, waits too.
func atRate(ctx context.Context, to string, requests [][]byte, perSecond float64) ([]time.Duration, error) {
	u, err := url.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", to, err)
	}
	took := make([]time.Duration, len(requests))
	due := make(chan int, len(requests))
	began := time.Now()
	at := func(i int) time.Time { return began.Add(time.Duration(float64(i) / perSecond * float64(time.Second))) }
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(due)
		for i := range requests {
			if wait := time.Until(at(i)); wait > 0 {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			due <- i
		}
		return nil
	})
	for range connections {
		g.Go(func() error {
			c, err := dial(ctx, u.Host)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			defer context.AfterFunc(ctx, func() { _ = c.Close() })() // ends a wait for an answer
			for i := range due {
				if err := c.post(requests[i]); err != nil {
					return err
				}
				took[i] = time.Since(at(i))
			}
			return nil
		})
	}
	return took, g.Wait()
}

// conn is one keep-alive connection to an HTTP server. It has neither a pool nor goroutines as an HTTP client has, so
// that the load costs little of the machine that the server has to share with it.
type conn struct {
	net.Conn

	in *bufio.Reader
}

func dial(ctx context.Context, address string) (*conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return &conn{Conn: c, in: bufio.NewReader(c)}, nil
}

// post sends a request, which must be answered 200.
func (c *conn) post(req []byte) error {
	if _, err := c.Write(req); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: one was answered %d", errNot200, answer.StatusCode)
	}
	return nil
}
