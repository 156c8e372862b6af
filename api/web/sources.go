package web

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
	// FailuresAtOnce and failureEvery limit how often a source may fail. They allow less than the budget of key look-ups
	// for all sources together, so that one source cannot use the budget up.
	FailuresAtOnce = 10
	failureEvery   = 6 * time.Second
	// maxSources bounds the memory to a few MB. Beyond it, the source that failed longest ago is forgotten.
	maxSources = 10_000
)

// Sources counts the failures of each source of requests. A source is an IPv4 address or an IPv6 /64, which a provider
// gives to one customer. A source whose failures have expired is forgotten. Sources is safe for concurrent use.
type Sources struct {
	// Now is the clock. Only tests replace it, before they use the Sources.
	Now func() time.Time

	trusted []netip.Prefix

	mu     sync.Mutex // guards what follows
	latest *list.List // of *failures, the latest to fail first
	by     map[netip.Prefix]*list.Element
}

// failures is a bucket that each failure fills and that empties with time.
type failures struct {
	source netip.Prefix
	level  float64
	at     time.Time // when level was computed
}

// NewSources returns Sources that believe the X-Forwarded-For of the trusted proxies.
func NewSources(trusted []netip.Prefix) *Sources {
	return &Sources{trusted: trusted, Now: time.Now, latest: list.New(), by: map[netip.Prefix]*list.Element{}}
}

// Of returns the source of a request. That is its peer or, if the peer is a trusted proxy, the right-most address of
// X-Forwarded-For that is no trusted proxy. The caller may have invented everything further left.
func (s *Sources) Of(r *http.Request) netip.Prefix {
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
	source, _ := at.Prefix(bits) // addresses that cannot be read are one source
	return source
}

func (s *Sources) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// address reads an address with or without a port. It returns the zero Addr if that is none.
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

// Failed charges a failure to its source.
func (s *Sources) Failed(source netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
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
	f.level, f.at = min(f.levelAt(now)+1, FailuresAtOnce), now
}

// UsedUp reports whether the source has failed as often as it may at this time.
func (s *Sources) UsedUp(source netip.Prefix) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.by[source]
	if !ok {
		return false
	}
	level := e.Value.(*failures).levelAt(s.Now())
	if level == 0 {
		s.forget(e)
	}
	return level > FailuresAtOnce-1
}

func (s *Sources) forget(e *list.Element) {
	delete(s.by, e.Value.(*failures).source)
	s.latest.Remove(e)
}

func (f *failures) levelAt(now time.Time) float64 {
	return max(0, f.level-max(0, now.Sub(f.at)).Seconds()/failureEvery.Seconds())
}
