package localplaid

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"
)

// trouble is an error that an Item is put into. Plaid's Sandbox can do that for ITEM_LOGIN_REQUIRED only.
type trouble struct {
	ErrorCode       string `json:"error_code"`
	ErrorCodeReason string `json:"error_code_reason"`
	Webhook         *bool  `json:"webhook"` // default true
}

func (t trouble) strike(g *registry, it *item) (deliveryID string, err error) {
	if t.ErrorCode == "" {
		return "", controlErrorf("error_code is missing")
	}
	failure := plaidError(t.ErrorCode)
	failure.Reason = t.ErrorCodeReason
	return g.breakItem(it, failure, t.Webhook == nil || *t.Webhook), nil
}

type breakRequest struct {
	ItemID string `json:"item_id"`
	trouble
}

// controlBreak responds with the delivery_id of the webhook on its way, if there is one.
func (g *registry) controlBreak(req breakRequest) (any, error) {
	it, err := g.liveItem(req.ItemID)
	if err != nil {
		return nil, err
	}
	answer := reply{"item_id": req.ItemID}
	deliveryID, err := req.strike(g, it)
	if deliveryID != "" {
		answer["delivery_id"] = deliveryID
	}
	return answer, err
}

type healRequest struct {
	ItemID string `json:"item_id"`
}

// controlHeal ends the trouble without Link and without a webhook; fire LOGIN_REPAIRED for one.
func (g *registry) controlHeal(req healRequest) (any, error) {
	it, err := g.liveItem(req.ItemID)
	if err == nil {
		it.heal(g.now())
	}
	return req, err
}

// manyRequest chooses Items that have not been removed.
type manyRequest struct {
	InstitutionID string   `json:"institution_id"` // empty: of every institution
	Share         *float64 `json:"share"`          // of them, more than 0, at most 1; default 1
}

type breakAllRequest struct {
	manyRequest
	trouble
}

// controlBreakAll breaks many Items at one moment, as a bank's outage does, also those that are broken already.
func (g *registry) controlBreakAll(req breakAllRequest) (any, error) {
	if req.ErrorCode == "" {
		return nil, controlErrorf("error_code is missing")
	}
	everyone := func(*item) bool { return true }
	return g.toMany(req.manyRequest, everyone, func(it *item) (string, error) { return req.strike(g, it) })
}

// controlHealAll ends the trouble of many Items as controlHeal does of one. The share is of those that are broken.
func (g *registry) controlHealAll(req manyRequest) (any, error) {
	broken := func(it *item) bool { return it.Failure != nil }
	return g.toMany(req, broken, func(it *item) (string, error) {
		it.heal(g.now())
		return "", nil
	})
}

// toMany acts on the wanted share of the Items that ask holds for. It responds with their ids, in the order in which
// they were created, and counts the webhooks on their way.
func (g *registry) toMany(req manyRequest, ask func(*item) bool, act func(*item) (deliveryID string, err error)) (any, error) {
	wanted := shareOf(req.Share)
	if wanted <= 0 || wanted > shareUnit {
		return nil, controlErrorf("share is not more than 0 and at most 1")
	}
	if _, ok := g.institutions[req.InstitutionID]; !ok && req.InstitutionID != "" {
		return nil, unknown("institution", req.InstitutionID)
	}
	var all []*item
	for _, it := range g.items {
		if !it.Removed && (req.InstitutionID == "" || it.InstitutionID == req.InstitutionID) && ask(it) {
			all = append(all, it)
		}
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.id, b.id)) })
	ids, webhooks := []string{}, 0
	for n, it := range all {
		if !wanted.takes(int64(n)) {
			continue
		}
		deliveryID, err := act(it)
		if err != nil {
			return nil, err
		}
		if deliveryID != "" {
			webhooks++
		}
		ids = append(ids, it.id)
	}
	return reply{"count": len(ids), "item_ids": ids, "webhooks": webhooks}, nil
}

// share is a part of 1 in millionths. It leaves nothing to chance: it takes the share of n rounded down, spread evenly.
type share int64

const shareUnit share = 1_000_000

// shareOf reads a share from 0 to 1; nil is 1.
func shareOf(part *float64) share {
	if part == nil {
		return shareUnit
	}
	return share(math.Round(*part * float64(shareUnit)))
}

// takes reports whether the n-th, counted from 0, is among those that are taken.
func (s share) takes(n int64) bool {
	return (n+1)*int64(s)/int64(shareUnit) > n*int64(s)/int64(shareUnit)
}

type bankRequest struct {
	InstitutionID string `json:"institution_id"`
	Status        string `json:"status"` // HEALTHY, DEGRADED or DOWN
}

// controlBank changes how logging in at an institution goes, which Plaid's Sandbox cannot. While it is DOWN, Link's
// logins there and /accounts/get of its Items fail. The Items themselves stay as they are, and no webhook is sent.
func (g *registry) controlBank(req bankRequest) (any, error) {
	wanted := health{Logins: req.Status, Since: g.now()}
	if !wanted.known() {
		return nil, controlErrorf("status is %s, want HEALTHY, DEGRADED or DOWN", req.Status)
	}
	in, ok := g.institutions[req.InstitutionID]
	if !ok {
		return nil, unknown("institution", req.InstitutionID)
	}
	if in.Logins != wanted.Logins {
		in.health = wanted
	}
	return req, nil
}

type consentRequest struct {
	ItemID    string          `json:"item_id"`
	ExpiresAt json.RawMessage `json:"expires_at"` // a time; or null: consent does not end
}

// controlConsent sets when an Item's consent ends. Nothing is sent, and nothing happens at that time by itself.
func (g *registry) controlConsent(req consentRequest) (any, error) {
	var ends time.Time // null leaves it zero
	if err := json.Unmarshal(req.ExpiresAt, &ends); err != nil {
		return nil, controlErrorf("expires_at is missing or neither a time like 2026-12-01T09:00:00Z nor null")
	}
	it, err := g.liveItem(req.ItemID)
	if err == nil {
		it.ConsentEnds = ends.UTC().Truncate(time.Millisecond)
	}
	return req, err
}

type itemRequest struct {
	ItemID               string     `json:"item_id"`
	UpdateType           string     `json:"update_type,omitempty"`            // background or user_present_required
	LastSuccessfulUpdate *time.Time `json:"last_successful_update,omitempty"` // of its transactions and investments
}

// controlItem changes what /item/get says of an Item beside its error. What is left out stays.
func (g *registry) controlItem(req itemRequest) (any, error) {
	switch {
	case req.UpdateType == "" && req.LastSuccessfulUpdate == nil:
		return nil, controlErrorf("update_type and last_successful_update are both missing")
	case req.UpdateType != "" && req.UpdateType != updatedInBackground && req.UpdateType != updatedWithPerson:
		return nil, controlErrorf("update_type is %s, want background or user_present_required", req.UpdateType)
	}
	it, err := g.liveItem(req.ItemID)
	if err != nil {
		return nil, err
	}
	if at := req.LastSuccessfulUpdate; at != nil {
		if !it.has("transactions") && !it.has("investments") {
			return nil, controlErrorf("the Item has neither transactions nor investments, so /item/get has no last_successful_update of it")
		}
		it.LastSuccess = at.UTC().Truncate(time.Millisecond)
	}
	it.UpdateType = cmp.Or(req.UpdateType, it.UpdateType)
	return req, nil
}
