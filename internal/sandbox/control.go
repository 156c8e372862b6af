package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// The controls are ours, not Plaid's: plain JSON, no API keys, unknown fields refused so that a typing mistake in a test
// does not pass for a default. Errors are {"error": "..."} with 400, 404 or 409.

// controlError is a caller's mistake.
type controlError string

func (e controlError) Error() string { return string(e) }

// control adapts a handler; a nil body is for GETs.
func control(serve func(r *http.Request) (any, error)) http.Handler {
	return controlUpTo(maxBody, serve)
}

// controlUpTo takes a body of at most limit bytes.
func controlUpTo(limit int64, serve func(r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		result, err := serve(r)
		if err == nil {
			writeJSON(w, http.StatusOK, result)
			return
		}
		status := http.StatusInternalServerError
		var mistake controlError
		switch {
		case errors.As(err, &mistake):
			status = http.StatusBadRequest
		case errors.Is(err, errUnknownItem), errors.Is(err, errUnknownInstitution), errors.Is(err, errUnknownDelivery):
			status = http.StatusNotFound
		case errors.Is(err, errNotYetSent):
			status = http.StatusConflict
		}
		writeJSON(w, status, map[string]string{"error": err.Error()})
	})
}

func decodeControl(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return controlError(fmt.Sprintf("request body: %v", err))
	}
	return nil
}

type breakRequest struct {
	ItemID          string `json:"item_id"`
	ErrorCode       string `json:"error_code"`
	ErrorCodeReason string `json:"error_code_reason"`
	Webhook         *bool  `json:"webhook"` // default true
}

type breakAnswer struct {
	ItemID string `json:"item_id"`
	// DeliveryID is the webhook on its way; empty when the Item has no URL or none was wanted.
	DeliveryID string `json:"delivery_id,omitempty"`
}

// controlBreak puts an Item into any error state, which Plaid's Sandbox can do for ITEM_LOGIN_REQUIRED only.
func (s *Server) controlBreak(r *http.Request) (any, error) {
	var req breakRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if req.ErrorCode == "" {
		return nil, controlError("error_code is missing")
	}
	failure := plaidError(req.ErrorCode).because(req.ErrorCodeReason, "")
	var hook *webhook
	err := s.registry.withItem(req.ItemID, func(it *item) (err error) {
		hook, err = s.registry.breakItem(it, failure, req.Webhook == nil || *req.Webhook)
		return err
	})
	if err != nil {
		return nil, err
	}
	answer := breakAnswer{ItemID: req.ItemID}
	if hook != nil {
		answer.DeliveryID = s.deliveries.enqueue(*hook)
	}
	return answer, nil
}

type healRequest struct {
	ItemID string `json:"item_id"`
}

// controlHeal ends the trouble without Link and without a webhook; fire LOGIN_REPAIRED for one.
func (s *Server) controlHeal(r *http.Request) (any, error) {
	var req healRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	err := s.registry.withItem(req.ItemID, func(it *item) error {
		it.heal(s.now())
		return nil
	})
	return req, err
}

func (s *Server) controlKey(*http.Request) (any, error) { return s.keys.rotate() }

func (s *Server) controlWebhookKey(*http.Request) (any, error) { return s.keys.current(), nil }

// requestsAnswer holds exact counts beside a log that forgets its oldest entries.
type requestsAnswer struct {
	Requests []requestEntry `json:"requests,omitzero"` // left out with ?count=1
	Count    int            `json:"count"`
	Counts   []requestCount `json:"counts"`
}

// controlRequests shows the calls, all or those of ?path= and ?item_id=.
func (s *Server) controlRequests(r *http.Request) (any, error) {
	q := r.URL.Query()
	path, itemID := q.Get("path"), q.Get("item_id")
	var answer requestsAnswer
	answer.Count, answer.Counts = s.requests.count(path, itemID)
	if q.Get("count") != "1" {
		answer.Requests = s.requests.list(path, itemID)
	}
	return answer, nil
}

// webhooksAnswer says how many older deliveries, of all Items, the log no longer holds.
type webhooksAnswer struct {
	Webhooks  []deliveryView `json:"webhooks"`
	Forgotten int            `json:"forgotten"`
}

func (s *Server) controlWebhooks(r *http.Request) (any, error) {
	shown, forgotten := s.deliveries.list(r.URL.Query().Get("item_id"))
	return webhooksAnswer{Webhooks: shown, Forgotten: forgotten}, nil
}
