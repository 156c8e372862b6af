package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/outside"
)

// platypus is the bank of every Item here (Plaid's own test institution).
const platypus = "ins_109508"

// connect opens the drill's own connection to the database: to look, or to sabotage.
func (p *play) connect(ctx context.Context) (*pgx.Conn, error) {
	db, err := pgx.Connect(ctx, p.stack.Env["DATABASE_URL"])
	if err != nil {
		return nil, fmt.Errorf("look into the database: %w", err)
	}
	return db, nil
}

func (p *play) disconnect(db *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = db.Close(ctx)
}

// sabotage runs statements of SQL.
func sabotage(ctx context.Context, db *pgx.Conn, statements ...string) error {
	for _, sql := range statements {
		if _, err := db.Exec(ctx, sql); err != nil {
			return fmt.Errorf("sabotage: %w", err)
		}
	}
	return nil
}

// link links an Item for each of the merchants, and waits until it has its workflow.
func (p *play) link(ctx context.Context, merchants []outside.Merchant) ([]outside.Item, error) {
	items, err := p.stack.World.LinkAll(ctx, merchants, p.counting("enrolled", len(merchants)))
	if err != nil {
		return nil, fmt.Errorf("enrol: %w", err)
	}
	return items, nil
}

// linkAndAsk waits until the workflows of the Items have asked Plaid about them, too.
func (p *play) linkAndAsk(ctx context.Context, merchants []outside.Merchant) ([]outside.Item, error) {
	items, err := p.link(ctx, merchants)
	if err != nil {
		return nil, err
	}
	return items, p.settle(ctx, "items not asked about yet", time.Minute, func(ctx context.Context) (left int, err error) {
		calls, err := p.stack.World.Calls(ctx, "/item/get")
		for _, it := range items {
			if calls[it.ID] < 2 { // by its enrolment, by its workflow
				left++
			}
		}
		return left, err
	})
}

// counting tells now and then how many of n Items something is done for.
func (p *play) counting(what string, n int) func(done int) {
	began := time.Now()
	said := began
	var lock sync.Mutex
	return func(done int) {
		lock.Lock()
		defer lock.Unlock()
		if done == n || time.Since(said) > sayEvery {
			p.Say(fmt.Sprintf("%d of %d items %s, %.0f s", done, n, what, time.Since(began).Seconds()))
			said = time.Now()
		}
	}
}

// breakAll breaks every Item at once, with Plaid's webhooks about it.
func (p *play) breakAll(ctx context.Context, items int) error {
	many, err := p.stack.World.BreakAll(ctx, platypus, 1, loginRequired, true)
	if err != nil {
		return fmt.Errorf("break all items: %w", err)
	}
	if many.Count != items || many.Webhooks != items {
		return fmt.Errorf("break all items: broke %d of %d and sent %d webhooks", many.Count, items, many.Webhooks)
	}
	p.Say(fmt.Sprintf("%d items broke at one moment, and Plaid's webhooks are on their way", items))
	return nil
}

// settleBroken waits until relink holds exactly so many Items for broken.
func (p *play) settleBroken(ctx context.Context, db *pgx.Conn, want int) error {
	return p.settle(ctx, fmt.Sprintf("items to go until relink holds %d for broken", want), 3*time.Minute, func(ctx context.Context) (left int, err error) {
		var broken int
		err = db.QueryRow(ctx, `SELECT count(*) FROM items WHERE state = 'login_required'`).Scan(&broken)
		return max(want-broken, broken-want), err
	})
}

// mailed counts the mails in the mailbox.
func (p *play) mailed(ctx context.Context) (int, error) {
	all, err := p.stack.World.AllMails(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the mailbox: %w", err)
	}
	return len(all), nil
}

// ordered is what relink's commands say of an order to many Items, or of a release of mails.
type ordered struct {
	Matched int64 `json:"matched"`
	Reached int64 `json:"reached"`
	Missed  int64 `json:"missed"`
}

// order gives an order to many Items by one of relink's own commands. One that does not reach so many is an error.
func (p *play) order(ctx context.Context, items int, args ...string) error {
	began := time.Now()
	all, err := command[ordered](ctx, p, args...)
	if err != nil {
		return err
	}
	if want := (ordered{Matched: int64(items), Reached: int64(items)}); len(all) != 1 || all[0] != want {
		return fmt.Errorf("relink %s: got %+v, want %+v", strings.Join(args, " "), all, want)
	}
	p.Say(fmt.Sprintf("relink %s: reached %d items in %.1f s", strings.Join(args, " "), items, time.Since(began).Seconds()))
	return nil
}

// command runs one of relink's own commands with --json and answers the objects that it prints.
func command[T any](ctx context.Context, p *play, args ...string) ([]T, error) {
	out, err := p.stack.Relink(ctx, append(args, "--json")...)
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
