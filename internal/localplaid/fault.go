package localplaid

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// fault is trouble on one path of Plaid's own API.
type fault struct {
	Path      string   `json:"path"`
	Status    int      `json:"status,omitempty"`     // 429 or 5xx; 0: the usual answer, only late
	LatencyMS int      `json:"latency_ms,omitempty"` // waited first
	Share     *float64 `json:"share"`                // of the calls, 0 to 1; 0 ends the fault
}

// longestLatency stays below the server's own limit for an answer, so that a late answer is one.
const longestLatency = 30 * time.Second

func (f fault) latency() time.Duration { return time.Duration(f.LatencyMS) * time.Millisecond }

func (f fault) check() error {
	switch {
	case f.Share == nil || *f.Share < 0 || *f.Share > 1:
		return controlErrorf("share is missing or not from 0 to 1")
	case *f.Share == 0:
		return nil
	case f.Status != 0 && f.Status != http.StatusTooManyRequests && f.Status/100 != 5:
		return controlErrorf("status is %d, want 429 or 5xx, or none", f.Status)
	case f.LatencyMS < 0 || f.latency() > longestLatency:
		return controlErrorf("latency_ms is %d, want 0 to %d", f.LatencyMS, longestLatency.Milliseconds())
	case f.Status == 0 && f.LatencyMS == 0:
		return controlErrorf("status and latency_ms are both missing")
	}
	return nil
}

// failure returns the error to answer with; nil for a fault that only makes answers late.
func (f fault) failure() error {
	switch f.Status {
	case 0:
		return nil
	case http.StatusTooManyRequests:
		return plaidError("RATE_LIMIT")
	case http.StatusServiceUnavailable:
		return plaidError("PLANNED_MAINTENANCE")
	}
	failure := plaidError("INTERNAL_SERVER_ERROR")
	failure.Status = f.Status
	return failure
}

// activeFault is the fault in force on a path. A data file does not keep it: a restart ends it.
type activeFault struct {
	fault
	calls int64
}

// disturb makes a call suffer the fault of its path, if it is one that does. It returns the error to answer with.
func (s *Server) disturb(c *call, path string) error {
	struck, _ := locked(s.registry, func() (fault, error) {
		active, ok := s.faults[path]
		if !ok {
			return fault{}, nil
		}
		if active.calls++; !shareOf(active.Share).takes(active.calls - 1) {
			return fault{}, nil
		}
		// The log counts the call for its Item, though nothing is done. The handler refuses a token that is unknown.
		_, _ = s.registry.subject(c)
		return active.fault, nil
	})
	if struck.Path == "" {
		return nil
	}
	if err := wait(c.request.Context(), struck.latency()); err != nil {
		return plaidError("INTERNAL_SERVER_ERROR") // the caller is gone
	}
	return struck.failure()
}

// controlFault sets the fault of a path in place of the one before, and responds with all that are in force, by path.
func (s *Server) controlFault(req fault) (any, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(s.apiRoutes(), func(route apiRoute) bool { return route.path == req.Path }) {
		return nil, controlErrorf("path %q is none of Plaid's API here", req.Path)
	}
	delete(s.faults, req.Path)
	if shareOf(req.Share) > 0 {
		s.faults[req.Path] = &activeFault{fault: req}
	}
	inForce := []fault{}
	for _, path := range slices.Sorted(maps.Keys(s.faults)) {
		inForce = append(inForce, s.faults[path].fault)
	}
	return reply{"faults": inForce}, nil
}
