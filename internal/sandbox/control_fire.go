package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// hookRequest describes a webhook.
type hookRequest struct {
	ItemID      string         `json:"item_id"`
	WebhookType string         `json:"webhook_type"` // default ITEM
	WebhookCode string         `json:"webhook_code"`
	Fields      map[string]any `json:"fields"` // laid over the code's usual ones
}

// fireRequest sends a webhook as often as wanted without changing the Item. Each sending is a webhook of its own, signed
// by itself; RepeatOf instead re-sends an earlier delivery's signed token and body exactly.
type fireRequest struct {
	hookRequest
	Times    int          `json:"times"`    // default 1
	DelayMS  int          `json:"delay_ms"` // waited before each sending, in real time
	Sign     signing      `json:"sign"`     // default good
	Retries  retrySigning `json:"retries"`  // default as /control/signing has it
	RepeatOf string       `json:"repeat_of"`
}

// fireAnswer holds one delivery and one status per sending; a status of 0 is no answer at all.
type fireAnswer struct {
	Statuses   []int          `json:"statuses"`
	Deliveries []deliveryView `json:"deliveries"`
}

const (
	maxFireTimes = 1000
	maxFireDelay = time.Minute
)

func (req *fireRequest) check() error {
	req.Times, req.Sign = cmp.Or(req.Times, 1), cmp.Or(req.Sign, signGood)
	switch {
	case req.Times < 1 || req.Times > maxFireTimes:
		return controlError(fmt.Sprintf("times is %d, want 1 to %d", req.Times, maxFireTimes))
	case req.DelayMS < 0 || req.delay() > maxFireDelay:
		return controlError(fmt.Sprintf("delay_ms is %d, want 0 to %d", req.DelayMS, maxFireDelay.Milliseconds()))
	case !slices.Contains([]signing{signGood, signNone, signWrong, signStale}, req.Sign):
		return controlError("sign is " + string(req.Sign) + ", want good, none, wrong or stale")
	case req.Retries != "" && !req.Retries.known():
		return controlError("retries is " + string(req.Retries) + ", want anew or same")
	case req.RepeatOf != "" && (req.ItemID != "" || req.WebhookCode != "" || req.Fields != nil):
		return controlError("repeat_of takes no item_id, webhook_code or fields: it sends what was sent")
	case req.RepeatOf == "" && (req.ItemID == "" || req.WebhookCode == ""):
		return controlError("item_id and webhook_code, or repeat_of, are missing")
	}
	return nil
}

func (req *fireRequest) delay() time.Duration { return time.Duration(req.DelayMS) * time.Millisecond }

// controlFire answers once every sending has been answered.
func (s *Server) controlFire(r *http.Request) (any, error) {
	var req fireRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	answer := fireAnswer{Statuses: []int{}, Deliveries: []deliveryView{}}
	for range req.Times {
		if err := wait(r.Context(), req.delay()); err != nil {
			return nil, err
		}
		sent, err := s.fireOnce(r.Context(), req)
		if err != nil {
			return nil, err
		}
		answer.Deliveries = append(answer.Deliveries, sent)
		answer.Statuses = append(answer.Statuses, sent.Attempts[0].Status)
	}
	return answer, nil
}

func (s *Server) fireOnce(ctx context.Context, req fireRequest) (deliveryView, error) {
	if req.RepeatOf != "" {
		return s.deliveries.repeat(ctx, req.RepeatOf)
	}
	hook, err := s.makeWebhook(req.hookRequest)
	if err != nil {
		return deliveryView{}, err
	}
	return s.deliveries.fire(ctx, hook, req.Sign, req.Retries), nil
}

// makeWebhook makes a webhook about an Item that has a URL.
func (s *Server) makeWebhook(req hookRequest) (hook webhook, err error) {
	if req.WebhookCode == "" {
		return webhook{}, controlError("webhook_code is missing")
	}
	err = s.registry.withItem(req.ItemID, func(it *item) (err error) {
		if it.webhookURL == "" {
			return controlError("the Item has no webhook URL")
		}
		hook, err = s.registry.newWebhook(it, cmp.Or(req.WebhookType, "ITEM"), req.WebhookCode, req.Fields)
		return err
	})
	return hook, err
}

func wait(ctx context.Context, delay time.Duration) error {
	if delay == 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait before sending: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}
