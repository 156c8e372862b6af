package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// errLookupLimit means that too many kids which were never seen before came within a minute; see KeysOptions.
var errLookupLimit = errors.New("look-ups of unknown verification keys are used up for now")

const (
	// recheckWait bounds how long a webhook waits for the re-check of a cached, live key. After that the cached key is
	// used. Plaid gives up on us after 10 s.
	recheckWait = 2 * time.Second
	// recheckPause is the pause after a re-check that failed.
	recheckPause = time.Minute
)

// KeysOptions are the limits of the cache; zero values take the defaults named here.
type KeysOptions struct {
	// Now is the clock; default time.Now.
	Now func() time.Time
	// RecheckAfter is the age beyond which a cached key serves no webhook before it is looked up again; default 24 h.
	RecheckAfter time.Duration
	// RefreshAfter is the age at which a cached key is looked up again in the background, while it keeps serving and
	// nobody waits; default three quarters of RecheckAfter.
	RefreshAfter time.Duration
	// LookupTimeout bounds one look-up at Plaid; default 5 s.
	LookupTimeout time.Duration
	// UnknownFor is how long a kid that Plaid does not know is refused without a look-up; default 1 min, which is shorter
	// than the gap between Plaid's first retries.
	UnknownFor time.Duration
	// LookupsPerMinute caps the look-ups of kids that are not cached, so that junk kids cannot make us flood Plaid;
	// default 30. Beyond it a webhook is unchecked.
	LookupsPerMinute int
	// RecheckFailed, if set, is called when a cached key could not be looked up again and keeps serving. It must not
	// block.
	RecheckFailed func(kid string, err error)
}

// Keys caches Plaid's verification keys by kid. One look-up per kid is in flight at a time. No lock is held meanwhile.
// The look-up outlives the caller who caused it (by LookupTimeout at most), so that a caller who leaves fails nobody
// else.
type Keys struct {
	source KeySource
	opts   KeysOptions
	flight singleflight.Group

	mu      sync.Mutex // guards what follows, never held across a look-up
	known   map[string]knownKey
	unknown map[string]time.Time // kid -> refused without a look-up until then
	budget  *rate.Limiter        // of look-ups of kids that are not cached
	// rotations counts the kids that were new. A look-up that began before one of them says nothing about the older keys
	// after it.
	rotations int
}

type knownKey struct {
	key       Key
	refreshAt time.Time // from then on it is looked up in the background
	recheckAt time.Time // from then on it serves only after a look-up
}

// NewKeys puts a cache in front of source.
func NewKeys(source KeySource, opts KeysOptions) (*Keys, error) {
	if source == nil {
		return nil, errors.New("webhook keys: a key source is required")
	}
	if opts.RecheckAfter < 0 || opts.RefreshAfter < 0 || opts.LookupTimeout < 0 || opts.UnknownFor < 0 || opts.LookupsPerMinute < 0 {
		return nil, errors.New("webhook keys: limits must not be negative")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.RecheckAfter = cmp.Or(opts.RecheckAfter, 24*time.Hour)
	opts.RefreshAfter = cmp.Or(opts.RefreshAfter, opts.RecheckAfter*3/4)
	opts.LookupTimeout = cmp.Or(opts.LookupTimeout, 5*time.Second)
	opts.UnknownFor = cmp.Or(opts.UnknownFor, time.Minute)
	opts.LookupsPerMinute = cmp.Or(opts.LookupsPerMinute, 30)
	return &Keys{
		source:  source,
		opts:    opts,
		known:   make(map[string]knownKey),
		unknown: make(map[string]time.Time),
		budget:  rate.NewLimiter(rate.Every(time.Minute/time.Duration(opts.LookupsPerMinute)), opts.LookupsPerMinute),
	}, nil
}

// Key returns the key with the given kid, which may have expired. It returns ErrUnknownKey when Plaid knows no such
// key, and another error when Plaid could not be asked. A cached key is returned even while Plaid is out of reach.
func (k *Keys) Key(ctx context.Context, kid string) (Key, error) {
	cached, state := k.look(kid)
	switch state {
	case fresh:
		return cached, nil
	case aging:
		_ = k.asking(ctx, kid, aging) // later callers get the new key
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

// cacheState is the state of a kid in the cache.
type cacheState int

const (
	absent  cacheState = iota
	refused            // Plaid reported lately that it does not exist
	due                // known, but it may not serve before it is looked up again
	aging              // known, and old enough for a look-up in the background; one caller a minute gets this state
	fresh
)

func (k *Keys) look(kid string) (Key, cacheState) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.opts.Now()
	if known, ok := k.known[kid]; ok {
		switch {
		case !now.Before(known.recheckAt):
			return known.key, due
		case !now.Before(known.refreshAt):
			known.refreshAt = now.Add(recheckPause)
			k.known[kid] = known
			return known.key, aging
		}
		return known.key, fresh
	}
	if now.Before(k.unknown[kid]) {
		return Key{}, refused
	}
	return Key{}, absent
}

// Cached returns a cached key, however old, and looks nothing up.
func (k *Keys) Cached(kid string) (Key, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known, ok := k.known[kid]
	return known.key, ok
}

// lookup waits for the result of a look-up of kid.
func (k *Keys) lookup(ctx context.Context, kid string) (Key, error) {
	select {
	case <-ctx.Done():
		return Key{}, fmt.Errorf("wait for verification key %q: %w", kid, ctx.Err())
	case a := <-k.asking(ctx, kid, absent):
		key, _ := a.Val.(Key)
		return key, a.Err
	}
}

// asking joins the look-up of kid that is in flight, or begins one. A caller who found the key aging begins one
// in any state of the cache.
func (k *Keys) asking(ctx context.Context, kid string, found cacheState) <-chan singleflight.Result {
	return k.flight.DoChan(kid, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.opts.LookupTimeout)
		defer cancel()
		if found == aging {
			return k.ask(ctx, kid, aging)
		}
		// The caller may have looked into the cache before an earlier look-up of the same kid ended.
		key, state := k.look(kid)
		switch state {
		case fresh, aging:
			return key, nil
		case refused:
			return Key{}, fmt.Errorf("verification key %q: %w", kid, ErrUnknownKey)
		default:
			return k.ask(ctx, kid, state)
		}
	})
}

func (k *Keys) ask(ctx context.Context, kid string, state cacheState) (Key, error) {
	rotations, ok := k.spend(state)
	if !ok {
		return Key{}, errLookupLimit
	}
	key, err := k.source.WebhookKey(ctx, kid)
	if err == nil {
		err = key.usable(kid)
	}
	if err != nil {
		err = fmt.Errorf("verification key %q: %w", kid, err)
	}
	k.record(kid, key, err, rotations)
	if err != nil {
		if state != absent && !errors.Is(err, ErrUnknownKey) && k.opts.RecheckFailed != nil {
			k.opts.RecheckFailed(kid, err)
		}
		return Key{}, err
	}
	return key, nil
}

// spend charges look-ups of uncached kids to the budget. Look-ups of cached kids are free: there are only a few keys.
func (k *Keys) spend(state cacheState) (rotations int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rotations, state != absent || k.budget.AllowN(k.opts.Now(), 1)
}

// record caches the result of a look-up. rotations is the number of rotations that were known when it began.
func (k *Keys) record(kid string, key Key, err error, rotations int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.opts.Now()
	known, wasKnown := k.known[kid]
	switch {
	case err == nil:
		next := knownKey{key: key, refreshAt: now.Add(k.opts.RefreshAfter), recheckAt: now.Add(k.opts.RecheckAfter)}
		if k.rotations != rotations {
			next.recheckAt = now
		}
		if !wasKnown {
			k.rotations++
			// A new kid is the sign of a rotation, so the older keys may have been withdrawn. Each is looked up again at
			// its next use.
			for id, other := range k.known {
				other.recheckAt = now
				k.known[id] = other
			}
		}
		delete(k.unknown, kid)
		k.known[kid] = next
	case errors.Is(err, ErrUnknownKey):
		delete(k.known, kid)
		for id, until := range k.unknown { // the cap on look-ups keeps this map small
			if !now.Before(until) {
				delete(k.unknown, id)
			}
		}
		k.unknown[kid] = now.Add(k.opts.UnknownFor)
	case wasKnown && !now.Before(known.recheckAt):
		known.refreshAt, known.recheckAt = now.Add(recheckPause), now.Add(recheckPause)
		k.known[kid] = known
	}
}
