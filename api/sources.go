package api

import (
	"container/list"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// failuresAtOnce and failureEvery say how often a source may fail. They lie below what all sources together may
	// cost in look-ups of keys, so that one of them cannot use that up.
	failuresAtOnce = 10
	failureEvery   = 6 * time.Second
	// maxSources bounds what is remembered, a few MB: of more, those that failed longest ago are forgotten.
	maxSources = 10_000
)

// sources counts the failures at the webhook's door against where they come from: an IPv4 address, or an IPv6 /64,
// which is what one customer of a provider has. A source that failed no more than it may again is not remembered.
type sources struct {
	trusted []netip.Prefix
	now     func() time.Time

	mu     sync.Mutex // guards what follows
	latest *list.List // of *failures, the latest to fail first
	by     map[netip.Prefix]*list.Element
}

// failures is a bucket that each failure fills and that empties with time.
type failures struct {
	source netip.Prefix
	level  float64
	at     time.Time // when level was right
}

func newSources(trusted []netip.Prefix) *sources {
	return &sources{trusted: trusted, now: time.Now, latest: list.New(), by: map[netip.Prefix]*list.Element{}}
}

// of answers where a request comes from: its peer, or, when that is a trusted proxy, the right-most address of
// X-Forwarded-For that is none. What stands further left is the caller's own invention.
func (s *sources) of(r *http.Request) netip.Prefix {
	at := address(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusts(at) {
			break
		}
		next := address(strings.TrimSpace(hop))
		if !next.IsValid() {
			break
		}
		at = next
	}
	bits := at.BitLen()
	if at.Is6() {
		bits = 64
	}
	source, _ := at.Prefix(bits) // of an address that cannot be read: the one source of all such
	return source
}

func (s *sources) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// address reads an address with or without a port; the zero Addr when it is none.
func address(s string) netip.Addr {
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap().WithZone("")
	}
	at, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return at.Unmap().WithZone("")
}

// failed charges a failure to its source.
func (s *sources) failed(source netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	e, ok := s.by[source]
	if !ok {
		if s.latest.Len() >= maxSources {
			s.forget(s.latest.Back())
		}
		e = s.latest.PushFront(&failures{source: source, at: now})
		s.by[source] = e
	}
	s.latest.MoveToFront(e)
	f := e.Value.(*failures)
	f.level, f.at = min(f.levelAt(now)+1, failuresAtOnce), now
}

// usedUp reports whether the source has failed as often as it may for now.
func (s *sources) usedUp(source netip.Prefix) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.by[source]
	if !ok {
		return false
	}
	level := e.Value.(*failures).levelAt(s.now())
	if level == 0 {
		s.forget(e)
	}
	return level > failuresAtOnce-1
}

func (s *sources) forget(e *list.Element) {
	delete(s.by, e.Value.(*failures).source)
	s.latest.Remove(e)
}

func (f *failures) levelAt(now time.Time) float64 {
	return max(0, f.level-max(0, now.Sub(f.at)).Seconds()/failureEvery.Seconds())
}
