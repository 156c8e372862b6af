package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

const readyPoll = 20 * time.Millisecond

// awaitReady waits until the server answers, and makes sure that it knows the search attributes: those in its command line count only for
// a namespace that it makes, not for one that an older file has already.
func (s *Server) awaitReady(ctx context.Context, attributes map[string]enums.IndexedValueType) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	// It prints its addresses when all its parts have started. To dial before that would prove less: on a port that somebody else
	// took before it, somebody else would answer.
	for !s.saysItStarted() {
		select {
		case <-tick.C:
		case <-s.process.Done():
			return s.process.Err()
		case <-ctx.Done():
			return fmt.Errorf("wait until it has started: %w", context.Cause(ctx))
		}
	}
	var last error
	for {
		if last = s.check(ctx, attributes); last == nil || errors.Is(last, errWrongType) {
			return last
		}
		select {
		case <-tick.C:
		case <-s.process.Done():
			return s.process.Err()
		case <-ctx.Done():
			return fmt.Errorf("wait until it is healthy: %w (it last answered: %w)", context.Cause(ctx), last)
		}
	}
}

func (s *Server) saysItStarted() bool {
	address := fmt.Sprintf(":%d", s.Port)
	for line := range strings.Lines(s.process.Output()) {
		if strings.HasSuffix(strings.TrimSpace(line), address) { // "Server:  localhost:7233"
			return true
		}
	}
	return false
}

var errWrongType = errors.New("search attribute has another type")

// check asks the server once.
func (s *Server) check(ctx context.Context, attributes map[string]enums.IndexedValueType) error {
	c, err := client.DialContext(ctx, client.Options{
		HostPort: s.Address(), Namespace: s.Namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.CheckHealth(ctx, nil); err != nil {
		return err
	}
	known, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace})
	if err != nil {
		return err
	}
	missing := map[string]enums.IndexedValueType{}
	for name, want := range attributes {
		switch have, ok := known.GetCustomAttributes()[name]; {
		case !ok:
			missing[name] = want
		case have != want:
			return fmt.Errorf("%w: %s is %s, not %s", errWrongType, name, have, want)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: s.Namespace, SearchAttributes: missing,
	})
	if err != nil {
		return err
	}
	return errors.New("search attributes are being registered")
}

// A server killed while it makes its file leaves one that no server starts on, ever. Ours are marked once a server was ready on them;
// one without the mark has no workflow in it.
func readyMark(db string) string { return db + ".ready" }

func markReady(db string) error {
	if err := os.WriteFile(readyMark(db), nil, 0o600); err != nil {
		return fmt.Errorf("mark the database file as complete: %w", err)
	}
	return nil
}

// setAsideHalfMade renames a file without the mark, rather than remove it: it may be somebody's own all the same.
func setAsideHalfMade(db string, progress func(string)) error {
	_, err := os.Stat(readyMark(db))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	aside := fmt.Sprintf("%s.incomplete-%d", db, time.Now().Unix())
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		err := os.Rename(db+suffix, aside+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("set an incomplete database file aside: %w", err)
		}
		if suffix == "" {
			progress("a Temporal was killed while it made its file; it begins anew, and the old one is " + aside)
		}
	}
	return nil
}
