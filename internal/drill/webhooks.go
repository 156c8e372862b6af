package drill

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/outside"
)

// size of the drill. Half of the Items get into an incident, and mails go out at ten a second: that, and two cores, make
// the pace.
type size struct {
	items, sends int
	// leases is how long rows may stay open without progress: a killed api's lease has to run out first. answers is the
	// same for Items and mails.
	leases, answers time.Duration
}

var (
	fullSize  = size{items: 500, sends: 20_000, leases: time.Minute, answers: 45 * time.Second}
	shortSize = size{items: 50, sends: 2000, leases: 45 * time.Second, answers: 8 * time.Second}
)

// seed makes every run the same history. How it meets the kills differs from run to run.
const seed = 4

// webhooks is the drill under way.
type webhooks struct {
	*play

	plan   plan
	items  []outside.Item
	sender *sender
	db     *pgx.Conn
}

func playWebhooks(ctx context.Context, p *play) error {
	scale := fullSize
	if p.Short {
		scale = shortSize
	}
	w := &webhooks{play: p, plan: newPlan(rand.New(rand.NewPCG(seed, seed)), scale.items, scale.sends)} //nolint:gosec // the same history each time
	var err error
	if w.db, err = p.connect(ctx); err != nil {
		return err
	}
	defer p.disconnect(w.db)
	if err := w.enrol(ctx, scale.items); err != nil {
		return err
	}
	if p.Sabotage {
		if err := w.sabotage(ctx); err != nil {
			return err
		}
	}
	w.sender = newSender(p.stack.World, w.items, w.plan)
	began := time.Now()
	if err := p.sendAndKill(ctx, w.sender, scale.sends); err != nil {
		return err
	}
	p.figure(float64(scale.sends), "webhooks sent")
	p.figure(float64(scale.items), "items")
	p.figure(round(time.Since(began).Seconds()), "s of sending")
	for _, judge := range []func(context.Context, size) error{w.judgeLedger, w.judgeStates, w.judgeMails} {
		if err := judge(ctx, scale); err != nil {
			return err
		}
	}
	return nil
}

func round(seconds float64) float64 { return float64(int(seconds*10+0.5)) / 10 }

func (w *webhooks) enrol(ctx context.Context, n int) (err error) {
	if w.items, err = w.stack.World.LinkAll(ctx, outside.Crowd(n), w.counting("enrolled", n)); err == nil {
		// A first question still on its way could learn what only a webhook should tell.
		err = w.stack.World.AwaitFirstAnswers(ctx, w.items, w.counting("asked about", n))
	}
	if err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	return nil
}

// sabotage answers 200 to webhooks about some Items, and lets nobody see them.
func (w *webhooks) sabotage(ctx context.Context) error {
	var ids []string
	for _, n := range w.plan.victims() {
		ids = append(ids, w.items[n].ID)
	}
	_, err := w.db.Exec(ctx, `CREATE TABLE sabotaged (item_id text PRIMARY KEY)`)
	if err == nil {
		_, err = w.db.Exec(ctx, `INSERT INTO sabotaged SELECT unnest($1::text[])`, ids)
	}
	for _, sql := range []string{
		`CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF EXISTS (SELECT FROM sabotaged s WHERE s.item_id = NEW.item_id) THEN
				NEW.state := 'delivered';
				NEW.delivered_at := now();
			END IF;
			RETURN NEW;
		END $$`,
		`CREATE TRIGGER sabotage BEFORE INSERT ON inbox FOR EACH ROW WHEN (NEW.source = 'webhook') EXECUTE FUNCTION sabotage()`,
	} {
		if err == nil {
			_, err = w.db.Exec(ctx, sql)
		}
	}
	if err != nil {
		return fmt.Errorf("sabotage: %w", err)
	}
	w.Say(fmt.Sprintf("sabotaged: webhooks about %d items are answered 200 and dropped", len(ids)))
	return nil
}

// judgeLedger holds the sender's ledger against the inbox, once nothing is open there any more.
func (w *webhooks) judgeLedger(ctx context.Context, scale size) error {
	var inbox map[key]row
	err := w.settle(ctx, "open inbox rows", scale.leases, func(ctx context.Context) (left int, err error) {
		if inbox, err = w.inbox(ctx); err != nil {
			return 0, err
		}
		for _, n := range unsettled(inbox) {
			left += n
		}
		return left, nil
	})
	if err != nil {
		return err
	}
	l := w.sender.ledger
	acked, resent := l.tally()
	kept := 0
	for _, r := range inbox {
		kept += 1 + r.repeats
	}
	lost := losses(l.promised, inbox)
	w.figure(float64(len(inbox)), "rows")
	w.figure(float64(kept-len(inbox)), "repeats counted on them")
	w.figure(float64(resent), "sent again")
	w.figure(float64(len(apiKilledAt)), "kills of api")
	w.figure(float64(len(temporalKilledAt)), "of temporal")
	w.figure(float64(len(lost)), "lost")
	w.none("webhooks lost after their 200", lost)
	w.bar("rows and repeats in the inbox", kept >= acked, fmt.Sprintf("at least %d, as many as 200s", acked), fmt.Sprint(kept))
	open := unsettled(inbox)
	w.bar("inbox rows left open or dead", len(open) == 0, "0", fmt.Sprint(open))
	w.bar("well-signed webhooks answered 401", l.refused[401] == 0, "0", fmt.Sprint(l.refused[401]))
	return nil
}

func (w *webhooks) inbox(ctx context.Context) (map[key]row, error) {
	rows, err := w.db.Query(ctx, `SELECT delivery_key, repeats, state FROM inbox WHERE source = 'webhook'`)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	inbox := map[key]row{}
	var (
		k []byte
		r row
	)
	_, err = pgx.ForEachRow(rows, []any{&k, &r.repeats, &r.state}, func() error {
		inbox[key(k)] = r
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	return inbox, nil
}

// judgeStates asks relink about the Items until it says what Plaid says, of all of them at once.
func (w *webhooks) judgeStates(ctx context.Context, scale size) error {
	every := make([]int, len(w.items))
	for n := range every {
		every[n] = n
	}
	var wrong map[int]string
	todo := every
	err := w.settle(ctx, "items not in Plaid's state", scale.answers, func(ctx context.Context) (_ int, err error) {
		if wrong, err = w.wrongStates(ctx, todo); err != nil {
			return 0, err
		}
		if len(wrong) == 0 && len(todo) < len(every) { // one that was right may have moved meanwhile
			if wrong, err = w.wrongStates(ctx, every); err != nil {
				return 0, err
			}
		}
		todo = slices.Sorted(maps.Keys(wrong))
		return len(wrong), nil
	})
	if err != nil {
		return err
	}
	w.figure(float64(len(w.items)-len(wrong)), "items in Plaid's state")
	w.none("items not in Plaid's state", slices.Sorted(maps.Values(wrong)))
	return nil
}

// wrongStates answers which of the Items are not as Plaid has them, and how.
func (w *webhooks) wrongStates(ctx context.Context, todo []int) (map[int]string, error) {
	wrong := map[int]string{}
	var lock sync.Mutex
	err := outside.Each(ctx, len(todo), nil, func(ctx context.Context, i int) error {
		it, err := w.stack.World.Item(ctx, w.items[todo[i]].ID)
		if err != nil {
			return err
		}
		if complaint := differs(it, w.plan.truth[todo[i]]); complaint != "" {
			lock.Lock()
			defer lock.Unlock()
			wrong[todo[i]] = complaint
		}
		return nil
	})
	return wrong, err
}

// meanings are what relink calls the errors of the plan.
var meanings = map[string]struct{ state, cause string }{
	"":            {"connected", ""},
	loginRequired: {"login_required", "credentials"},
	noAccounts:    {"login_required", "accounts_missing"},
	locked:        {"login_required", "bank_action"},
}

func differs(it outside.Item, code string) string {
	want := meanings[code]
	if it.State == want.state && it.Cause == want.cause {
		return ""
	}
	return fmt.Sprintf("item %s is %s %s, want %s %s", it.ID, it.State, it.Cause, want.state, want.cause)
}

// judgeMails holds the mailbox against the timelines, once every mail that is owed is there.
func (w *webhooks) judgeMails(ctx context.Context, scale size) error {
	var all []told
	err := w.settle(ctx, "items whose mails are not right", scale.answers, func(ctx context.Context) (left int, err error) {
		if all, err = w.told(ctx, w.items, outside.Crowd(len(w.items))); err != nil {
			return 0, err
		}
		for n := range all {
			all[n].owed = w.plan.owed[n]
		}
		for _, t := range all {
			if len(wrongMails(t)) > 0 {
				left++
			}
		}
		return left, nil
	})
	if err != nil {
		return err
	}
	var wrong []string
	incidents, mails := 0, 0
	for _, t := range all {
		wrong = append(wrong, wrongMails(t)...)
		incidents, mails = incidents+t.incidents, mails+len(t.received)
	}
	w.figure(float64(incidents), "incidents")
	w.figure(float64(mails), "mails, one Message-ID to a step")
	w.none("mails too many, missing or under a second Message-ID", wrong)
	return nil
}
