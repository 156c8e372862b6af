package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"
)

const (
	// ackWithin is Plaid's deadline for an answer (plaid.com/docs/api/webhooks).
	ackWithin = 10 * time.Second
	// sendAtOnce bounds the deliveries under way, so that one slow receiver does not hold the others.
	sendAtOnce = 32
	// keepDeliveries bounds the memory of a server that runs for days; beyond it the oldest that are over are forgotten.
	keepDeliveries = 10_000
)

// delivery is one webhook on its way. Only the queue that made it may touch it.
type delivery struct {
	id       string
	repeatOf string
	hook     webhook
	how      signing
	token    string // of the last attempt
	frozen   bool   // send token as it is
	attempts []attempt
	retried  bool         // until it is received, as Plaid's own are
	resign   retrySigning // of its retries; empty: as the queue has it
	gaveUp   surrender
	due      time.Time // of the next attempt; zero: none, or one is under way
}

// pending says that the webhook is still to be received. A badly signed or repeated one never is.
func (x *delivery) pending() bool {
	received := len(x.attempts) > 0 && x.attempts[len(x.attempts)-1].Status == http.StatusOK
	return x.retried && x.gaveUp == "" && !received
}

// attempt is one POST and what came back.
type attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// deliveries is the queue of webhooks. A webhook counts as received when it is answered exactly 200.
type deliveries struct {
	clock    *clock
	keys     *keyring
	logger   *zap.Logger
	client   *http.Client
	schedule []time.Duration
	wake     chan struct{}

	attempted func() // called after each attempt that run made, or gave up

	mu          sync.Mutex
	all         []*delivery
	room        int // most of all, but those that are pending stay
	forgotten   int
	refusals    refusals
	signRetries retrySigning
}

func newDeliveries(c *clock, keys *keyring, logger *zap.Logger) *deliveries {
	return &deliveries{
		clock: c, keys: keys, logger: logger, schedule: plaidRetries(), wake: make(chan struct{}, 1), attempted: func() {},
		room: keepDeliveries, refusals: refusals{}, signRetries: retrySignedAnew,
		client: &http.Client{
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: sendAtOnce, IdleConnTimeout: time.Minute},
			Timeout:       ackWithin,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// enqueue hands a webhook to run, well signed and retried on Plaid's schedule, and answers the delivery's id.
func (d *deliveries) enqueue(hook webhook) string {
	x := &delivery{id: uuid.NewString(), hook: hook, how: signGood, retried: true, due: d.clock.now()}
	d.keep(x)
	d.nudge()
	return x.id
}

// fire makes the first attempt before it returns. A well-signed webhook is then retried like any other; a badly signed
// one is not, since no retry could be received. An empty resign leaves it to the queue how retries are signed.
func (d *deliveries) fire(ctx context.Context, hook webhook, how signing, resign retrySigning) deliveryView {
	x := &delivery{id: uuid.NewString(), hook: hook, how: how, retried: how == signGood, resign: resign}
	d.keep(x)
	d.send(ctx, x)
	return d.describe(x)
}

var (
	errUnknownDelivery = errors.New("no such delivery")
	errNotYetSent      = errors.New("the delivery has had no attempt yet")
)

// repeat sends a delivery's last signed token and body once more, byte for byte, as a delivery of its own.
func (d *deliveries) repeat(ctx context.Context, id string) (deliveryView, error) {
	d.mu.Lock()
	var original *delivery
	for _, x := range d.all {
		if x.id == id {
			original = x
		}
	}
	if original == nil {
		d.mu.Unlock()
		return deliveryView{}, fmt.Errorf("%w: %s", errUnknownDelivery, id)
	}
	if len(original.attempts) == 0 {
		d.mu.Unlock()
		return deliveryView{}, fmt.Errorf("%w: %s", errNotYetSent, id)
	}
	again := &delivery{id: uuid.NewString(), repeatOf: id, hook: original.hook, how: original.how, token: original.token, frozen: true}
	d.mu.Unlock()
	d.keep(again)
	d.send(ctx, again)
	return d.describe(again), nil
}

func (d *deliveries) keep(x *delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) >= d.room {
		d.forget(max(1, len(d.all)/10))
	}
	d.all = append(d.all, x)
}

// forget drops the oldest n that are over. It needs the lock.
func (d *deliveries) forget(n int) {
	d.all = slices.DeleteFunc(d.all, func(x *delivery) bool {
		if n == 0 || x.pending() {
			return false
		}
		n--
		d.forgotten++
		return true
	})
}

// signRetriesFromNow decides for every webhook that did not bring its own way.
func (d *deliveries) signRetriesFromNow(how retrySigning) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signRetries = how
}

// nudge makes run look again: something new is due, or the clock was moved.
func (d *deliveries) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run sends what is due until ctx ends and then waits for the attempts under way.
func (d *deliveries) run(ctx context.Context) {
	var sending sync.WaitGroup
	defer d.client.CloseIdleConnections()
	defer sending.Wait()
	places := make(chan struct{}, sendAtOnce)
	for {
		due, next := d.takeDue()
		for _, x := range due {
			sending.Go(func() {
				places <- struct{}{}
				d.send(ctx, x)
				d.attempted()
				<-places
				d.nudge()
			})
		}
		var alarm <-chan time.Time
		if !next.IsZero() {
			alarm = time.After(next.Sub(d.clock.now()))
		}
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-alarm:
		}
	}
}

// takeDue takes what is due now, and answers when the next one will be.
func (d *deliveries) takeDue() (due []*delivery, next time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock.now()
	for _, x := range d.all {
		switch {
		case x.due.IsZero():
		case !x.due.After(now):
			x.due = time.Time{}
			due = append(due, x)
		case next.IsZero() || x.due.Before(next):
			next = x.due
		}
	}
	return due, next
}

// send makes one attempt and plans the next.
func (d *deliveries) send(ctx context.Context, x *delivery) {
	token, goes := d.begin(x)
	if !goes {
		return
	}
	var err error
	if token == "" {
		token, err = d.keys.sign(x.hook.body, x.how)
	}
	made := attempt{At: d.clock.now()}
	var retryAfter string
	if err == nil {
		made.Status, retryAfter, err = d.post(ctx, x.hook, token)
	}
	if err != nil {
		made.Error = err.Error()
	}
	d.logger.Debug("webhook sent", zap.String("item_id", x.hook.itemID), zap.String("webhook_code", x.hook.code),
		zap.String("delivery_id", x.id), zap.Int("status", made.Status), zap.Error(err))

	d.mu.Lock()
	defer d.mu.Unlock()
	x.token = token
	x.attempts = append(x.attempts, made)
	if x.retried {
		d.refusals.note(x.hook.url, d.clock.now(), made.Status == http.StatusOK)
		d.planRetry(x, retryAfter)
	}
}

// begin answers the token to send, empty for one to be signed now, and false when the webhook is not sent after all:
// an endpoint that has come to refuse too much since gets no retry any more, while first attempts go on.
func (d *deliveries) begin(x *delivery) (token string, goes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(x.attempts) > 0 && d.refusals.over(x.hook.url, d.clock.now()) {
		d.giveUp(x, endpointRefuses)
		return "", false
	}
	if x.frozen || cmp.Or(x.resign, d.signRetries) == retrySignedSame {
		return x.token, true
	}
	return "", true
}

func (d *deliveries) post(ctx context.Context, hook webhook, token string) (status int, retryAfter string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.url, bytes.NewReader(hook.body))
	if err != nil {
		return 0, "", fmt.Errorf("make webhook request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "plaid-webhook (local Plaid)")
	if token != "" {
		req.Header.Set("Plaid-Verification", token)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, "", fmt.Errorf("post webhook: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
	return resp.StatusCode, resp.Header.Get("Retry-After"), nil
}
