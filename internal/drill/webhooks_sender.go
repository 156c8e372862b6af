package drill

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
)

const (
	connections = 24
	// perSecond spreads the history over enough time for relink to act on parts of it, and for every kill to fall into it.
	perSecond = 250
	// signAhead is how many steps are signed at once, shortly before they are sent.
	signAhead = 1000
	// tokenLife is well under the five minutes for which a receiver takes a token.
	tokenLife = 4 * time.Minute
	// answerWithin is Plaid's own patience (plaid.com/docs/api/webhooks).
	answerWithin = 10 * time.Second
	firstRetry   = 50 * time.Millisecond
	lastRetry    = time.Second
)

// sender plays Plaid. It changes what the banks say, and sends each webhook until it is answered 200.
type sender struct {
	world  blackbox.Client
	items  []blackbox.Item
	plan   plan
	ledger *ledger
	client *http.Client

	mu     sync.Mutex
	signed []signedHook // by hook
}

type signedHook struct {
	blackbox.Signed
	key key
	at  time.Time // zero: not signed yet
}

func newSender(w blackbox.Client, items []blackbox.Item, p plan) *sender {
	return &sender{
		world: w, items: items, plan: p, ledger: newLedger(), signed: make([]signedHook, len(p.hooks)),
		client: &http.Client{
			Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections},
			Timeout:   answerWithin,
		},
	}
}

// run plays the plan to its end. A change at a bank is done before the next webhook goes out. What falls behind while
// api is down does not catch up.
func (s *sender) run(ctx context.Context) error {
	defer s.client.CloseIdleConnections()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(1 + connections) // the plan, and one for each connection
	g.Go(func() error {
		pace := time.NewTicker(time.Second / perSecond)
		defer pace.Stop()
		for steps := range slices.Chunk(s.plan.steps, signAhead) {
			if err := s.sign(ctx, steps...); err != nil {
				return err
			}
			for _, st := range steps {
				if st.isChange() {
					if err := s.change(ctx, st); err != nil {
						return err
					}
					continue
				}
				select {
				case <-pace.C:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
				g.Go(func() error { return s.deliver(ctx, st) }) // once a connection is free
			}
		}
		return nil
	})
	return g.Wait()
}

func (s *sender) change(ctx context.Context, st step) error {
	id := s.items[st.item].ID
	if st.code == "" {
		return s.world.Heal(ctx, id)
	}
	return s.world.BreakUntold(ctx, id, st.code)
}

// sign signs those of the steps' webhooks that have no fresh token.
func (s *sender) sign(ctx context.Context, steps ...step) error {
	var wanted []int
	var unsigned []blackbox.Hook
	s.mu.Lock()
	for _, st := range steps {
		if h := st.hook; !st.isChange() && time.Since(s.signed[h].at) > tokenLife/2 && !slices.Contains(wanted, h) {
			from := s.plan.hooks[h]
			wanted = append(wanted, h)
			unsigned = append(unsigned, blackbox.Hook{ItemID: s.items[from.item].ID, Type: from.kind, Code: from.code})
		}
	}
	s.mu.Unlock()
	at := time.Now()
	signed, err := s.world.Sign(ctx, unsigned)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, h := range wanted {
		s.signed[h] = signedHook{Signed: signed[n], key: keyOf(signed[n].Token, signed[n].Body), at: at}
	}
	return nil
}

// deliver sends a webhook until it is answered 200. It signs one anew whose token grew too old on the way, which makes
// it another delivery.
func (s *sender) deliver(ctx context.Context, st step) error {
	for pause := firstRetry; ; pause = min(2*pause, lastRetry) {
		s.mu.Lock()
		hook := s.signed[st.hook]
		s.mu.Unlock()
		if time.Since(hook.at) > tokenLife {
			if err := s.sign(ctx, st); err != nil {
				return err
			}
			continue
		}
		status, err := s.post(ctx, hook.Signed)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if s.ledger.note(hook.key, status); err == nil && status == http.StatusOK {
			return nil
		}
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil { //nolint:gosec // jitter, no secret
			return err
		}
	}
}

// post returns the status of the answer; 0 where there is none.
func (s *sender) post(ctx context.Context, hook blackbox.Signed) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, strings.NewReader(hook.Body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Plaid-Verification", hook.Token)
	res, err := s.client.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return 0, err // an answer that breaks off is none
	}
	return res.StatusCode, nil
}
