package drill

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
)

// size of the drill. Half of the Items get into an incident, and mails go out at ten a second: that, and two cores,
// make the pace.
type size struct {
	items, sends int
	// leases is how long rows may stay open without progress: a killed api's lease has to run out first. answers is the
	// same for Items and mails.
	leases, answers time.Duration
}

// sizes are by Options.Short.
var sizes = map[bool]size{
	false: {items: 500, sends: 20_000, leases: time.Minute, answers: 45 * time.Second},
	true:  {items: 50, sends: 2000, leases: 45 * time.Second, answers: 8 * time.Second},
}

// seed makes every run the same history. How it meets the kills differs from run to run.
const seed = 4

// Parts are killed when such shares of the webhooks have been answered 200.
var (
	apiKilledAt      = []float64{0.08, 0.25, 0.42, 0.6, 0.78}
	temporalKilledAt = []float64{0.35}
)

// temporalAway is how long Temporal stays away, so that webhooks come meanwhile and api is killed then too.
const temporalAway = 3 * time.Second

type webhooks struct {
	*run
	size   size
	plan   plan
	sender *sender
}

func rehearseWebhooks(ctx context.Context, r *run) error {
	w := &webhooks{run: r, size: sizes[r.Short]}
	w.plan = newPlan(rand.New(rand.NewPCG(seed, seed)), w.size.items, w.size.sends) //nolint:gosec // the same history each time
	r.owners = blackbox.Merchants(w.size.items)
	r.expect = func(it int) expectation { return expectation{code: w.plan.truth[it], owed: w.plan.owed[it]} }
	return inOrder(ctx, r.enrol, r.awaitRest, w.sabotage, w.sendAndKill, w.judgeLedger, w.judge)
}

// sabotage has webhooks about some Items answered 200, and lets nobody see them.
func (w *webhooks) sabotage(ctx context.Context) error {
	var ids []string
	for _, n := range w.plan.victims() {
		ids = append(ids, w.items[n].ID)
	}
	err := w.run.sabotage(ctx)
	if err == nil && w.Sabotage {
		_, err = w.DB.Exec(ctx, `INSERT INTO sabotaged SELECT unnest($1::text[])`, ids)
	}
	return err
}

// sendAndKill plays the plan while parts are killed, and says how far it is.
func (w *webhooks) sendAndKill(ctx context.Context) error {
	began := time.Now()
	w.sender = newSender(w.Client, w.items, w.plan)
	done := func() float64 {
		acked, _ := w.sender.ledger.tally()
		return float64(acked) / float64(w.size.sends)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.kill(ctx, "api", apiKilledAt, 0, done) })
	g.Go(func() error { return w.kill(ctx, "temporal", temporalKilledAt, temporalAway, done) })
	g.Go(func() error { return w.sender.run(ctx) })
	g.Go(func() error {
		return w.poll(ctx, "webhooks not answered 200", time.Hour, func(context.Context) (left int, err error) {
			acked, _ := w.sender.ledger.tally()
			return w.size.sends - acked, nil
		})
	})
	if err := g.Wait(); err != nil {
		return err
	}
	w.figure(float64(w.size.sends), "webhooks sent")
	w.figure(float64(len(w.items)), "items")
	w.seconds(began, "s of sending")
	return nil
}

// judgeLedger compares the sender's ledger with the inbox, once nothing is open there any more.
func (w *webhooks) judgeLedger(ctx context.Context) error {
	var inbox map[key]row
	err := w.poll(ctx, "open inbox rows", w.size.leases, func(ctx context.Context) (left int, err error) {
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
	lost, open := losses(l.promised, inbox), unsettled(inbox)
	w.figure(float64(len(inbox)), "rows")
	w.figure(float64(kept-len(inbox)), "repeats counted on them")
	w.figure(float64(resent), "sent again")
	w.figure(float64(len(apiKilledAt)), "kills of api")
	w.figure(float64(len(temporalKilledAt)), "of temporal")
	w.figure(float64(len(lost)), "lost")
	w.none("webhooks lost after their 200", lost)
	w.bar("rows and repeats in the inbox", kept >= acked, fmt.Sprintf("at least %d, as many as 200s", acked), fmt.Sprint(kept))
	w.bar("inbox rows left open or dead", len(open) == 0, "0", fmt.Sprint(open))
	w.bar("well-signed webhooks answered 401", l.answers[401] == 0, "0", fmt.Sprint(l.answers[401]))
	return nil
}

func (w *webhooks) inbox(ctx context.Context) (map[key]row, error) {
	inbox := map[key]row{}
	var k []byte
	var r row
	rows, _ := w.DB.Query(ctx, `SELECT delivery_key, repeats, state FROM inbox WHERE source = 'webhook'`) // the rows have its error
	_, err := pgx.ForEachRow(rows, []any{&k, &r.repeats, &r.state}, func() error {
		inbox[key(k)] = r
		return nil
	})
	return inbox, err
}

// judge judges the Items' states and the mails. Nobody comes back through Link here, so nobody is to be thanked.
func (w *webhooks) judge(ctx context.Context) error {
	if err := w.judgeStates(ctx, w.size.answers); err != nil {
		return err
	}
	sum, _, err := w.judgeMails(ctx, w.size.answers, false)
	w.figure(float64(sum.incidents), "incidents")
	w.figure(float64(len(sum.received)), "mails, one Message-ID to a step")
	return err
}

// key names a delivery as relink's inbox does: sha256(token 0x00 body).
type key [sha256.Size]byte

func keyOf(token, body string) key {
	return sha256.Sum256([]byte(token + "\x00" + body))
}

// short is enough of the key to find its row.
func (k key) short() string { return hex.EncodeToString(k[:6]) }

// ledger holds the answers that the sender got. Only 200 is a promise.
type ledger struct {
	mu       sync.Mutex
	promised map[key]int // 200s by delivery
	answers  map[int]int // by status; 0 means no answer
}

func newLedger() *ledger { return &ledger{promised: map[key]int{}, answers: map[int]int{}} }

func (l *ledger) note(k key, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[status]++
	if status == 200 {
		l.promised[k]++
	}
}

// tally returns how many 200s there were, and how many other answers or missing ones.
func (l *ledger) tally() (acked, resent int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.answers {
		resent += n
	}
	return l.answers[200], resent - l.answers[200]
}

// row is a delivery in relink's inbox.
type row struct {
	repeats int
	state   string
}

// losses names every delivery with more 200s than the inbox has counted. The inbox may have counted more than were
// promised: some were killed between the commit and the answer.
func losses(promised map[key]int, inbox map[key]row) []string {
	var lost []string
	for k, promises := range promised {
		r, kept := inbox[k]
		switch {
		case !kept:
			lost = append(lost, fmt.Sprintf("delivery %s was answered 200 and is not in the inbox", k.short()))
		case 1+r.repeats < promises:
			lost = append(lost, fmt.Sprintf("delivery %s was answered 200 %d times and is counted %d times",
				k.short(), promises, 1+r.repeats))
		}
	}
	return lost
}

// unsettled counts by state the rows that still wait for somebody: pending, waiting for their Item, or dead.
func unsettled(inbox map[key]row) map[string]int {
	open := map[string]int{}
	for _, r := range inbox {
		if r.state != "delivered" && r.state != "ignored" {
			open[r.state]++
		}
	}
	return open
}
