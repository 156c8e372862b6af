package localplaid

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// ackWithin is Plaid's deadline for an answer (plaid.com/docs/api/webhooks).
	ackWithin = 10 * time.Second
	// sendAtOnce bounds the deliveries under way, so that one slow receiver does not hold the others.
	sendAtOnce = 32
	// keepDeliveries bounds the memory of a server that runs for days. Beyond it the oldest that are over are forgotten.
	keepDeliveries = 10_000
)

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
	signRetries retrySigning // of every webhook that did not bring its own
}

func newDeliveries(c *clock, keys *keyring, logger *zap.Logger) *deliveries {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: sendAtOnce, IdleConnTimeout: time.Minute}
	return &deliveries{
		clock: c, keys: keys, logger: logger, schedule: plaidRetries(), wake: make(chan struct{}, 1), attempted: func() {},
		room: keepDeliveries, refusals: refusals{}, signRetries: retrySignedAnew,
		client: &http.Client{
			Transport:     transport,
			Timeout:       ackWithin,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// enqueue hands a webhook to run, well signed and retried on Plaid's schedule, and returns the delivery's id.
func (d *deliveries) enqueue(hook webhook) (deliveryID string) {
	x := newDelivery(hook, signGood)
	x.retried, x.NextAttempt = true, new(d.clock.now())
	d.keep(x)
	d.nudge()
	return x.ID
}

// fire makes the first attempt before it returns. A well-signed webhook is then retried like any other. A badly signed
// one is not, since no retry could be received. Empty retries leave it to the queue how they are signed.
func (d *deliveries) fire(ctx context.Context, hook webhook, how signing, retries retrySigning) deliveryView {
	x := newDelivery(hook, how)
	x.retried, x.Retries = how == signGood, retries
	return d.sendNow(ctx, x)
}

// repeat sends a delivery's last signed token and body once more, byte for byte, as a delivery of its own.
func (d *deliveries) repeat(ctx context.Context, id string) (deliveryView, error) {
	again, err := d.copyOf(id)
	if err != nil {
		return deliveryView{}, err
	}
	return d.sendNow(ctx, again), nil
}

func (d *deliveries) copyOf(id string) (*delivery, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.all, func(x *delivery) bool { return x.ID == id })
	switch {
	case i < 0:
		return nil, unknown("delivery", id)
	case len(d.all[i].Attempts) == 0:
		return nil, &controlError{http.StatusConflict, "the delivery has had no attempt yet: " + id}
	}
	again := newDelivery(d.all[i].webhook, d.all[i].Sign)
	again.RepeatOf, again.Body, again.Token, again.frozen = id, d.all[i].Body, d.all[i].Token, true
	return again, nil
}

func (d *deliveries) sendNow(ctx context.Context, x *delivery) deliveryView {
	d.keep(x)
	d.send(ctx, x)
	d.mu.Lock()
	defer d.mu.Unlock()
	return x.deliveryView
}

// keep remembers a delivery. Where there is no room, it forgets a tenth of them, the oldest that are over.
func (d *deliveries) keep(x *delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all) >= d.room {
		n := max(1, len(d.all)/10)
		d.all = slices.DeleteFunc(d.all, func(old *delivery) bool {
			if n == 0 || old.pending() {
				return false
			}
			n--
			d.forgotten++
			return true
		})
	}
	d.all = append(d.all, x)
}

// list returns the deliveries of an Item (empty: of all), oldest first, and how many of all Items are forgotten.
func (d *deliveries) list(itemID string) (shown []deliveryView, forgotten int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	shown = []deliveryView{}
	for _, x := range d.all {
		if itemID == "" || x.ItemID == itemID {
			shown = append(shown, x.deliveryView)
		}
	}
	return shown, d.forgotten
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
		if next != nil {
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

// takeDue takes what is due now, and returns when the next one will be; nil: there is none.
func (d *deliveries) takeDue() (due []*delivery, next *time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock.now()
	for _, x := range d.all {
		switch {
		case x.NextAttempt == nil:
		case !x.NextAttempt.After(now):
			x.NextAttempt = nil
			due = append(due, x)
		case next == nil || x.NextAttempt.Before(*next):
			next = x.NextAttempt
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
		token, err = d.keys.sign([]byte(x.Body), x.Sign)
	}
	made := attempt{At: d.clock.now()}
	var retryAfter string
	if err == nil {
		made.Status, retryAfter, err = d.post(ctx, x, token)
	}
	if err != nil {
		made.Error = err.Error()
	}
	d.logger.Debug("webhook sent", zap.String("item_id", x.ItemID), zap.String("webhook_code", x.Code),
		zap.String("delivery_id", x.ID), zap.Int("status", made.Status), zap.Error(err))

	d.mu.Lock()
	defer d.mu.Unlock()
	x.Token = token
	x.Attempts = append(x.Attempts, made)
	if x.retried {
		d.refusals.note(x.URL, d.clock.now(), made.Status == http.StatusOK)
		d.planRetry(x, retryAfter)
	}
}

// begin returns the token to send, empty for one that is to be signed now. It returns false when the webhook is not
// sent after all: an endpoint that has come to refuse too much since gets no more retries, while first attempts go on.
func (d *deliveries) begin(x *delivery) (token string, goes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(x.Attempts) > 0 && d.refusals.over(x.URL, d.clock.now()) {
		d.giveUp(x, endpointRefuses)
		return "", false
	}
	if x.frozen || cmp.Or(x.Retries, d.signRetries) == retrySignedSame {
		return x.Token, true
	}
	return "", true
}

func (d *deliveries) post(ctx context.Context, x *delivery, token string) (status int, retryAfter string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.URL, strings.NewReader(x.Body))
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
