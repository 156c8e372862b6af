// Package blackbox is relink as its neighbours see it, by HTTP and mail, for the demo, the drills and the end-to-end
// tests. It may not import any other package of relink, so that nothing that acts through it reaches behind the doors.
// Start reading at Client.
package blackbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
)

// Client holds the addresses and credentials of everything that is acted on.
type Client struct {
	API      string // relink's own URL
	Sandbox  string // the local Plaid
	Mailbox  string // speaks mailpit's API
	Bearer   string // token of the platform
	ClientID string // for the local Plaid
	Secret   string
}

// Status is an answer that is not a success.
type Status struct {
	What string
	Code int
	Body string
}

func (s *Status) Error() string { return fmt.Sprintf("%s: answered %d: %s", s.What, s.Code, s.Body) }

const callTimeout = 30 * time.Second

// Call sends in as JSON (nil: no body) and decodes the answer into out (nil: ignored; a *string gets it as text).
// bearer may be empty. Every answer but 2xx is returned as a *Status.
func Call(ctx context.Context, method, url, bearer string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", method, scrub(err))
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return fmt.Errorf("%s: read answer: %w", method, err)
	}
	if res.StatusCode/100 != 2 {
		return &Status{What: method + " " + req.URL.Host, Code: res.StatusCode, Body: string(answer[:min(len(answer), 300)])}
	}
	if text, ok := out.(*string); ok {
		*text = string(answer)
		return nil
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: decode answer: %w", method, req.URL.Host, err)
	}
	return nil
}

// fetch is Call with an answer of a known type.
func fetch[T any](ctx context.Context, method, url, bearer string, in any) (out T, err error) {
	err = Call(ctx, method, url, bearer, in, &out)
	return out, err
}

// tokens are what Plaid and relink hand out.
type tokens struct {
	LinkToken   string `json:"link_token"`
	PublicToken string `json:"public_token"`
}

// scrub takes the address out of a transport error: a deep link's path is a secret.
func scrub(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Await calls look again and again until it returns true. If ctx ends first, the error names what was waited for and
// the last error of look.
func Await(ctx context.Context, what string, look func(ctx context.Context) (bool, error)) error {
	var last error
	for {
		ok, err := look(ctx)
		if ok && err == nil {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waited for %s: %w", what, ctx.Err()), last)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// callsAtOnce is how many calls ForEach makes at the same time.
const callsAtOnce = 8

// ForEach calls do for 0 to n-1, several at a time, until all are done or one fails.
func ForEach(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(callsAtOnce)
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i)
		})
	}
	return g.Wait()
}
