package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
)

// fault is trouble on one path of Plaid's own API.
type fault struct {
	Path      string   `json:"path"`
	Status    int      `json:"status,omitempty"`     // 429 or 5xx; 0: answered as ever, only late
	LatencyMS int      `json:"latency_ms,omitempty"` // waited first
	Share     *float64 `json:"share"`                // of the calls, 0 to 1; 0 ends the fault
}

// longestLatency stays below the server's own limit for an answer, so that a late answer is one.
const longestLatency = 30 * time.Second

// shareUnit makes shares whole numbers: the count of faulty calls is exact then.
const shareUnit = 1_000_000

func (f fault) latency() time.Duration { return time.Duration(f.LatencyMS) * time.Millisecond }

func (f fault) check() error {
	switch {
	case f.Share == nil || *f.Share < 0 || *f.Share > 1:
		return controlError("share is missing or not from 0 to 1")
	case *f.Share == 0:
		return nil
	case f.Status != 0 && f.Status != http.StatusTooManyRequests && f.Status/100 != 5:
		return controlError(fmt.Sprintf("status is %d, want 429 or 5xx, or none", f.Status))
	case f.LatencyMS < 0 || f.latency() > longestLatency:
		return controlError(fmt.Sprintf("latency_ms is %d, want 0 to %d", f.LatencyMS, longestLatency.Milliseconds()))
	case f.Status == 0 && f.LatencyMS == 0:
		return controlError("status and latency_ms are both missing")
	}
	return nil
}

func (f fault) failure() *apiError {
	switch f.Status {
	case 0:
		return nil
	case http.StatusTooManyRequests:
		return plaidError("RATE_LIMIT")
	case http.StatusServiceUnavailable:
		return plaidError("PLANNED_MAINTENANCE")
	}
	failure := *plaidError("INTERNAL_SERVER_ERROR")
	failure.status = f.Status
	return &failure
}

// faults are the faults in force, one per path. They are not kept in a data file: a restart ends them.
type faults struct {
	mu     sync.Mutex
	byPath map[string]*activeFault
}

type activeFault struct {
	fault
	share, calls int64 // share in shareUnit
}

func (f *faults) set(v fault) []fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byPath, v.Path)
	if share := int64(math.Round(*v.Share * shareUnit)); share > 0 {
		f.byPath[v.Path] = &activeFault{fault: v, share: share}
	}
	inForce := []fault{}
	for _, path := range slices.Sorted(maps.Keys(f.byPath)) {
		inForce = append(inForce, f.byPath[path].fault)
	}
	return inForce
}

// next counts a call and says whether it is a faulty one. Nothing is left to chance: of the first n calls, the share of n
// rounded down is faulty, spread evenly.
func (f *faults) next(path string) (fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	active, ok := f.byPath[path]
	if !ok {
		return fault{}, false
	}
	before := active.calls * active.share / shareUnit
	active.calls++
	return active.fault, active.calls*active.share/shareUnit > before
}

// disturb makes a call suffer the fault of its path, if it is one that does; it answers the error to answer with.
func (s *Server) disturb(c *call, path string) error {
	struck, ok := s.faults.next(path)
	if !ok {
		return nil
	}
	// The log counts the call for its Item, though nothing was done.
	var subject accessTokenRequest
	if json.Unmarshal(c.body, &subject) == nil {
		_ = s.registry.withToken(subject.AccessToken, func(it *item) error { // an unknown token is for the handler to refuse
			c.itemID = it.id
			return nil
		})
	}
	if err := wait(c.request.Context(), struck.latency()); err != nil {
		return plaidError("INTERNAL_SERVER_ERROR") // the caller is gone
	}
	if failure := struck.failure(); failure != nil {
		return failure
	}
	return nil
}

// controlFault sets the fault of a path in place of the one before and answers all that are in force.
func (s *Server) controlFault(r *http.Request) (any, error) {
	var req fault
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(s.apiRoutes(), func(route apiRoute) bool { return route.path == req.Path }) {
		return nil, controlError(fmt.Sprintf("path %q is none of Plaid's API here", req.Path))
	}
	return map[string]any{"faults": s.faults.set(req)}, nil
}
