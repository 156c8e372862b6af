package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// mailed counts the mails in the mailbox.
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
