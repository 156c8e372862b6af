package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
)

// manyRequest chooses Items that have not been removed.
type manyRequest struct {
	InstitutionID string   `json:"institution_id"` // empty: every institution's
	Share         *float64 `json:"share"`          // of them, more than 0 to 1; default 1
}

type breakAllRequest struct {
	manyRequest

	ErrorCode       string `json:"error_code"`
	ErrorCodeReason string `json:"error_code_reason"`
	Webhook         *bool  `json:"webhook"` // default true
}

// manyAnswer names the Items in the order in which they were created, and counts the webhooks on their way.
type manyAnswer struct {
	Count    int      `json:"count"`
	ItemIDs  []string `json:"item_ids"`
	Webhooks int      `json:"webhooks"`
}

// controlBreakAll breaks many Items at one moment, as a bank's outage or migration does. Items that are broken already
// are broken anew.
func (s *Server) controlBreakAll(r *http.Request) (any, error) {
	var req breakAllRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if req.ErrorCode == "" {
		return nil, controlError("error_code is missing")
	}
	failure := plaidError(req.ErrorCode).because(req.ErrorCodeReason, "")
	var hooks []webhook
	answer, err := s.registry.many(req.manyRequest, func(*item) bool { return true }, func(it *item) error {
		hook, err := s.registry.breakItem(it, failure, req.Webhook == nil || *req.Webhook)
		if hook != nil {
			hooks = append(hooks, *hook)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, hook := range hooks {
		s.deliveries.enqueue(hook)
	}
	answer.Webhooks = len(hooks)
	return answer, nil
}

// controlHealAll ends the trouble of many Items as /control/heal does of one. The share is of those that are broken.
func (s *Server) controlHealAll(r *http.Request) (any, error) {
	var req manyRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	answer, err := s.registry.many(req, func(it *item) bool { return it.failure != nil }, func(it *item) error {
		it.heal(s.now())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// many runs f under the lock on the wanted share of the Items that ask holds for. Nothing is left to chance: of n such
// Items the share of n rounded down is chosen, spread evenly over the order in which they were created.
func (g *registry) many(req manyRequest, ask func(*item) bool, f func(*item) error) (manyAnswer, error) {
	share := int64(shareUnit)
	if req.Share != nil {
		share = int64(math.Round(*req.Share * shareUnit))
	}
	if share <= 0 || share > shareUnit {
		return manyAnswer{}, controlError("share is not more than 0 and at most 1")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.institutions[req.InstitutionID]; !ok && req.InstitutionID != "" {
		return manyAnswer{}, fmt.Errorf("%w: %s", errUnknownInstitution, req.InstitutionID)
	}
	var all []*item
	for _, it := range g.items {
		if !it.removed && (req.InstitutionID == "" || it.institution.id == req.InstitutionID) && ask(it) {
			all = append(all, it)
		}
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Or(a.createdAt.Compare(b.createdAt), cmp.Compare(a.id, b.id)) })
	answer := manyAnswer{ItemIDs: []string{}}
	for i, it := range all {
		if n := int64(i); (n+1)*share/shareUnit == n*share/shareUnit {
			continue
		}
		if err := f(it); err != nil {
			return manyAnswer{}, err
		}
		answer.ItemIDs = append(answer.ItemIDs, it.id)
	}
	answer.Count = len(answer.ItemIDs)
	return answer, nil
}
