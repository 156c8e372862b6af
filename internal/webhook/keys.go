package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// errLookupLimit: too many kids never seen before within a minute, see KeysOptions.
var errLookupLimit = errors.New("look-ups of unknown verification keys are used up for now")

const (
	// recheckWait bounds how long a webhook waits for the re-check of a key that is cached and
	// live; after it the cached key serves. Plaid gives up on us after 10 s.
	recheckWait = 2 * time.Second
	// recheckPause is the pause after a re-check that failed.
	recheckPause = time.Minute
)

// KeysOptions are the limits of the cache; zero values take the defaults named here.
type KeysOptions struct {
	// Now is the clock; default time.Now.
	Now func() time.Time
	// RecheckAfter is the age at which a cached key is asked for again; default 24 h.
	RecheckAfter time.Duration
	// LookupTimeout bounds one question to Plaid; default 5 s.
	LookupTimeout time.Duration
	// UnknownFor is how long a kid that Plaid does not know is refused without asking; default
	// 1 min, shorter than the gap between Plaid's first retries.
	UnknownFor time.Duration
	// LookupsPerMinute caps the questions about kids that are not cached, so that junk kids
	// cannot turn us into a flood on Plaid; default 30. Beyond it a webhook is unchecked.
	LookupsPerMinute int
	// RecheckFailed is told when a cached key could not be asked for again and goes on
	// serving; may be nil. It must not block.
	RecheckFailed func(kid string, err error)
}

// Keys caches Plaid's verification keys by kid. One question per kid is in flight at a time,
// no lock is held meanwhile, and it outlives the caller who caused it (by LookupTimeout at
// most), so that a caller who goes away fails nobody else.
type Keys struct {
	source KeySource
	opts   KeysOptions
	flight singleflight.Group

	mu      sync.Mutex // guards what follows, never held across a look-up
	known   map[string]knownKey
	unknown map[string]time.Time // kid -> refused without asking until then
	budget  budget
}

type knownKey struct {
	key       Key
	recheckAt time.Time
}

// NewKeys puts a cache in front of source.
func NewKeys(source KeySource, opts KeysOptions) (*Keys, error) {
	if source == nil {
		return nil, errors.New("webhook keys: a key source is required")
	}
	if opts.RecheckAfter < 0 || opts.LookupTimeout < 0 || opts.UnknownFor < 0 || opts.LookupsPerMinute < 0 {
		return nil, errors.New("webhook keys: limits must not be negative")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.RecheckAfter = cmp.Or(opts.RecheckAfter, 24*time.Hour)
	opts.LookupTimeout = cmp.Or(opts.LookupTimeout, 5*time.Second)
	opts.UnknownFor = cmp.Or(opts.UnknownFor, time.Minute)
	opts.LookupsPerMinute = cmp.Or(opts.LookupsPerMinute, 30)
	return &Keys{
		source:  source,
		opts:    opts,
		known:   make(map[string]knownKey),
		unknown: make(map[string]time.Time),
		budget:  budget{perMinute: float64(opts.LookupsPerMinute), left: float64(opts.LookupsPerMinute)},
	}, nil
}

// Key answers the key with the given kid, which may be one that has expired. The error is
// ErrUnknownKey when Plaid knows no such key, anything else when it could not be asked; a key
// that is cached is answered even while Plaid is out of reach.
func (k *Keys) Key(ctx context.Context, kid string) (Key, error) {
	cached, state := k.look(kid)
	switch state {
	case fresh:
		return cached, nil
	case refused:
		return Key{}, fmt.Errorf("verification key %q: %w", kid, ErrUnknownKey)
	case due:
		wait, cancel := context.WithTimeout(ctx, recheckWait)
		defer cancel()
		key, err := k.lookup(wait, kid)
		if err == nil || errors.Is(err, ErrUnknownKey) {
			return key, err
		}
		return cached, nil
	default:
		return k.lookup(ctx, kid)
	}
}

// cacheState is what the cache alone can say about a kid.
type cacheState int

const (
	absent  cacheState = iota
	refused            // Plaid said lately that it does not exist
	due                // known, but its age asks for a re-check
	fresh
)

func (k *Keys) look(kid string) (Key, cacheState) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.opts.Now()
	if known, ok := k.known[kid]; ok {
		if now.Before(known.recheckAt) {
			return known.key, fresh
		}
		return known.key, due
	}
	if now.Before(k.unknown[kid]) {
		return Key{}, refused
	}
	return Key{}, absent
}

// lookup joins the question in flight about kid, or asks it.
func (k *Keys) lookup(ctx context.Context, kid string) (Key, error) {
	answer := k.flight.DoChan(kid, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.opts.LookupTimeout)
		defer cancel()
		return k.ask(ctx, kid)
	})
	select {
	case <-ctx.Done():
		return Key{}, fmt.Errorf("wait for verification key %q: %w", kid, ctx.Err())
	case a := <-answer:
		key, _ := a.Val.(Key)
		return key, a.Err
	}
}

func (k *Keys) ask(ctx context.Context, kid string) (Key, error) {
	// The caller may have looked before an earlier question about the same kid was answered.
	key, state := k.look(kid)
	switch {
	case state == fresh:
		return key, nil
	case state == refused:
		return Key{}, fmt.Errorf("verification key %q: %w", kid, ErrUnknownKey)
	case state == absent && !k.spend():
		return Key{}, errLookupLimit
	}
	key, err := k.source.WebhookKey(ctx, kid)
	if err == nil {
		err = key.usable(kid)
	}
	if err != nil {
		err = fmt.Errorf("verification key %q: %w", kid, err)
	}
	k.record(kid, key, err)
	if err != nil {
		if state == due && !errors.Is(err, ErrUnknownKey) && k.opts.RecheckFailed != nil {
			k.opts.RecheckFailed(kid, err)
		}
		return Key{}, err
	}
	return key, nil
}

func (k *Keys) spend() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.budget.take(k.opts.Now())
}

func (k *Keys) record(kid string, key Key, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.opts.Now()
	known, wasKnown := k.known[kid]
	switch {
	case err == nil:
		if !wasKnown {
			// A kid never seen before is how a rotation shows, so the older keys may have been
			// withdrawn: each is asked for again at its next use.
			for id, other := range k.known {
				other.recheckAt = now
				k.known[id] = other
			}
		}
		delete(k.unknown, kid)
		k.known[kid] = knownKey{key: key, recheckAt: now.Add(k.opts.RecheckAfter)}
	case errors.Is(err, ErrUnknownKey):
		delete(k.known, kid)
		for id, until := range k.unknown { // the cap on look-ups keeps this map small
			if !now.Before(until) {
				delete(k.unknown, id)
			}
		}
		k.unknown[kid] = now.Add(k.opts.UnknownFor)
	case wasKnown:
		known.recheckAt = now.Add(recheckPause)
		k.known[kid] = known
	}
}

// budget is a token bucket: a minute's worth at once, refilled evenly.
type budget struct {
	perMinute, left float64
	at              time.Time // of the last take
}

func (b *budget) take(now time.Time) bool {
	if !b.at.IsZero() {
		elapsed := max(0, now.Sub(b.at))
		b.left = min(b.perMinute, b.left+elapsed.Minutes()*b.perMinute)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
