package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"relink/internal/blackbox"
)

// mailboxes reads all that was mailed, by address, oldest first, without texts.
func (r *run) mailboxes(ctx context.Context) (map[string][]blackbox.Mail, error) {
	all, err := r.Client.AllMails(ctx)
	byAddress := map[string][]blackbox.Mail{}
	for _, m := range all {
		for _, to := range m.To {
			byAddress[to.Address] = append(byAddress[to.Address], m)
		}
	}
	return byAddress, err
}

// open reads a mail whole, follows its deep link and returns the page behind it.
func (r *run) open(ctx context.Context, listed blackbox.Mail) (mail blackbox.Mail, link, page string, err error) {
	if mail, err = r.Client.Mail(ctx, listed.ID); err == nil {
		link, err = mail.DeepLink()
	}
	if err == nil {
		page, err = blackbox.Page(ctx, link)
	}
	if err != nil {
		err = fmt.Errorf("open mail %s: %w", listed.ID, err)
	}
	return mail, link, page, err
}

func (r *run) mailed(ctx context.Context) (int, error) {
	all, err := r.Client.AllMails(ctx)
	return len(all), err
}

// reach is what relink's commands print of a command to many Items, or of a release of mails.
type reach struct {
	Matched int64 `json:"matched"`
	Reached int64 `json:"reached"`
	Missed  int64 `json:"missed"`
}

// commandAll gives many Items a command by relink's own command line. It is an error if it does not reach so many.
func (r *run) commandAll(ctx context.Context, items int, args ...string) error {
	began := time.Now()
	all, err := command[reach](ctx, r, args...)
	if err != nil {
		return err
	}
	if want := (reach{Matched: int64(items), Reached: int64(items)}); len(all) != 1 || all[0] != want {
		return fmt.Errorf("relink %s: got %+v, want %+v", strings.Join(args, " "), all, want)
	}
	r.Log(fmt.Sprintf("relink %s: reached %d items in %.1f s", strings.Join(args, " "), items, time.Since(began).Seconds()))
	return nil
}

// command runs one of relink's own commands with --json and returns the objects that it prints.
func command[T any](ctx context.Context, r *run, args ...string) ([]T, error) {
	out, err := r.Relink(ctx, append(args, "--json")...)
	if err != nil {
		return nil, err
	}
	all, err := objects[T](out)
	if err != nil {
		return nil, fmt.Errorf("relink %s: %w", args[0], err)
	}
	return all, nil
}

// objects reads one JSON object after the other.
func objects[T any](out string) (all []T, err error) {
	for lines := json.NewDecoder(strings.NewReader(out)); ; {
		var one T
		switch err := lines.Decode(&one); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read what it printed: %w", err)
		}
		all = append(all, one)
	}
}

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
