package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

var errUnknownInstitution = errors.New("no such institution")

func knownHealth(status string) bool {
	return slices.Contains([]string{healthy, degraded, down}, status)
}

type bankRequest struct {
	InstitutionID string `json:"institution_id"`
	Status        string `json:"status"` // HEALTHY, DEGRADED or DOWN
}

// controlBank changes how logging in at an institution goes, which Plaid's Sandbox cannot. While it is DOWN, Link's logins
// there and /accounts/get of its Items fail; the Items themselves stay as they are, and no webhook is sent.
func (s *Server) controlBank(r *http.Request) (any, error) {
	var req bankRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if !knownHealth(req.Status) {
		return nil, controlError("status is " + req.Status + ", want HEALTHY, DEGRADED or DOWN")
	}
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	in, ok := s.registry.institutions[req.InstitutionID]
	if !ok {
		return nil, fmt.Errorf("%w: %s", errUnknownInstitution, req.InstitutionID)
	}
	if in.logins != req.Status {
		in.logins, in.since = req.Status, s.now()
	}
	return req, nil
}

type consentRequest struct {
	ItemID    string          `json:"item_id"`
	ExpiresAt json.RawMessage `json:"expires_at"` // a time, or null: consent does not end
}

// controlConsent sets when an Item's consent ends. Nothing is sent, and nothing happens at that time by itself.
func (s *Server) controlConsent(r *http.Request) (any, error) {
	var req consentRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	var ends time.Time // null leaves it zero
	if err := json.Unmarshal(req.ExpiresAt, &ends); err != nil {
		return nil, controlError("expires_at is missing or neither a time like 2026-12-01T09:00:00Z nor null")
	}
	err := s.registry.withItem(req.ItemID, func(it *item) error {
		it.consentEnds = ends.UTC().Truncate(time.Millisecond)
		return nil
	})
	return req, err
}

type itemRequest struct {
	ItemID               string     `json:"item_id"`
	UpdateType           string     `json:"update_type,omitempty"`            // background or user_present_required
	LastSuccessfulUpdate *time.Time `json:"last_successful_update,omitempty"` // of its transactions and investments
}

// controlItem changes what /item/get says of an Item beside its error; what is left out stays.
func (s *Server) controlItem(r *http.Request) (any, error) {
	var req itemRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	switch {
	case req.UpdateType == "" && req.LastSuccessfulUpdate == nil:
		return nil, controlError("update_type and last_successful_update are both missing")
	case req.UpdateType != "" && req.UpdateType != updatedInBackground && req.UpdateType != updatedWithPerson:
		return nil, controlError("update_type is " + req.UpdateType + ", want background or user_present_required")
	}
	err := s.registry.withItem(req.ItemID, func(it *item) error {
		if at := req.LastSuccessfulUpdate; at != nil {
			if !slices.Contains(it.products, "transactions") && !slices.Contains(it.products, "investments") {
				return controlError("the Item has neither transactions nor investments: /item/get tells no last_successful_update of it")
			}
			it.lastSuccess = at.UTC().Truncate(time.Millisecond)
		}
		if req.UpdateType != "" {
			it.updateType = req.UpdateType
		}
		return nil
	})
	return req, err
}
