package localplaid

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

type hookRequest struct {
	ItemID      string         `json:"item_id"`
	WebhookType string         `json:"webhook_type"` // default ITEM
	WebhookCode string         `json:"webhook_code"`
	Fields      map[string]any `json:"fields"` // laid over the code's usual ones
}

// fireRequest sends a webhook as often as wanted without changing the Item. Each sending is a webhook of its own,
// signed by itself. RepeatOf instead sends an earlier delivery's signed token and body again exactly.
type fireRequest struct {
	hookRequest
	Times    int          `json:"times"`    // default 1
	DelayMS  int          `json:"delay_ms"` // waited before each sending, in real time
	Sign     signing      `json:"sign"`     // default good
	Retries  retrySigning `json:"retries"`  // default: as /control/signing has it
	RepeatOf string       `json:"repeat_of"`
}

const (
	maxFireTimes = 1000
	maxFireDelay = time.Minute
	maxSigned    = 20_000
)

func (req *fireRequest) check() error {
	req.Times, req.Sign = cmp.Or(req.Times, 1), cmp.Or(req.Sign, signGood)
	switch {
	case req.Times < 1 || req.Times > maxFireTimes:
		return controlErrorf("times is %d, want 1 to %d", req.Times, maxFireTimes)
	case req.DelayMS < 0 || req.delay() > maxFireDelay:
		return controlErrorf("delay_ms is %d, want 0 to %d", req.DelayMS, maxFireDelay.Milliseconds())
	case !slices.Contains([]signing{signGood, signNone, signWrong, signStale}, req.Sign):
		return controlErrorf("sign is %s, want good, none, wrong or stale", req.Sign)
	case req.Retries != "" && !req.Retries.known():
		return controlErrorf("retries is %s, want anew or same", req.Retries)
	case req.RepeatOf != "" && (req.ItemID != "" || req.WebhookCode != "" || req.Fields != nil):
		return controlErrorf("repeat_of takes no item_id, webhook_code or fields: it sends what was sent")
	case req.RepeatOf == "" && (req.ItemID == "" || req.WebhookCode == ""):
		return controlErrorf("item_id and webhook_code, or repeat_of, are missing")
	}
	return nil
}

func (req *fireRequest) delay() time.Duration { return time.Duration(req.DelayMS) * time.Millisecond }

// controlFire responds once every sending has been answered: a delivery and a status for each, 0 for no answer.
func (s *Server) controlFire(ctx context.Context, req fireRequest) (any, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	statuses, deliveries := []int{}, []deliveryView{}
	for range req.Times {
		if err := wait(ctx, req.delay()); err != nil {
			return nil, err
		}
		sent, err := s.fireOnce(ctx, req)
		if err != nil {
			return nil, err
		}
		statuses, deliveries = append(statuses, sent.Attempts[0].Status), append(deliveries, sent)
	}
	return reply{"statuses": statuses, "deliveries": deliveries}, nil
}

func (s *Server) fireOnce(ctx context.Context, req fireRequest) (deliveryView, error) {
	if req.RepeatOf != "" {
		return s.deliveries.repeat(ctx, req.RepeatOf)
	}
	hook, err := locked(s.registry, func() (webhook, error) { return s.registry.makeWebhook(req.hookRequest) })
	if err != nil {
		return deliveryView{}, err
	}
	return s.deliveries.fire(ctx, hook, req.Sign, req.Retries), nil
}

// makeWebhook makes a webhook about an Item that has a URL.
func (g *registry) makeWebhook(req hookRequest) (webhook, error) {
	if req.WebhookCode == "" {
		return webhook{}, controlErrorf("webhook_code is missing")
	}
	it, err := g.liveItem(req.ItemID)
	if err != nil {
		return webhook{}, err
	}
	if it.WebhookURL == "" {
		return webhook{}, controlErrorf("the Item has no webhook URL")
	}
	return g.itemWebhook(it, cmp.Or(req.WebhookType, typeItem), req.WebhookCode, req.Fields), nil
}

func wait(ctx context.Context, delay time.Duration) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait before sending: %w", ctx.Err())
	case <-time.After(delay):
		return nil
	}
}

// signRequest asks for webhooks that somebody else is to send, such as a load generator.
type signRequest struct {
	Webhooks []hookRequest `json:"webhooks"`
}

// signedWebhook is what Plaid would POST to URL: Body to the byte, and Token as its Plaid-Verification header.
type signedWebhook struct {
	Token string `json:"token"`
	Body  string `json:"body"`
	URL   string `json:"url"`
}

// controlSign makes webhooks as controlFire does, each well signed with the time of the call. It sends none and logs no
// delivery. Receivers take a token for five minutes.
func (s *Server) controlSign(ctx context.Context, req signRequest) (any, error) {
	if n := len(req.Webhooks); n < 1 || n > maxSigned {
		return nil, controlErrorf("webhooks holds %d, want 1 to %d", n, maxSigned)
	}
	signed := make([]signedWebhook, 0, len(req.Webhooks))
	for i, wanted := range req.Webhooks {
		hook, err := locked(s.registry, func() (webhook, error) { return s.registry.makeWebhook(wanted) })
		if err != nil {
			return nil, fmt.Errorf("webhooks[%d]: %w", i, err)
		}
		token, err := s.keys.sign(hook.body, signGood)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return nil, fmt.Errorf("sign webhooks: %w", err)
		}
		signed = append(signed, signedWebhook{Token: token, Body: string(hook.body), URL: hook.URL})
	}
	return signed, nil
}

type signingRequest struct {
	Retries retrySigning `json:"retries"`
}

// controlSigning decides which token retries carry from now on, except where /control/fire decided it.
func (s *Server) controlSigning(_ context.Context, req signingRequest) (any, error) {
	if !req.Retries.known() {
		return nil, controlErrorf("retries is %s, want anew or same", req.Retries)
	}
	s.deliveries.mu.Lock()
	defer s.deliveries.mu.Unlock()
	s.deliveries.signRetries = req.Retries
	return req, nil
}
