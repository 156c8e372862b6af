package sandbox

import (
	"fmt"
	"net/http"
)

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

const (
	maxSigned   = 20_000
	maxSignBody = 32 << 20
)

// controlSign makes webhooks as /control/fire does, each well signed with the time of the call, and sends none: no
// delivery is logged for them. Receivers take a token for five minutes.
func (s *Server) controlSign(r *http.Request) (any, error) {
	var req signRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if n := len(req.Webhooks); n < 1 || n > maxSigned {
		return nil, controlError(fmt.Sprintf("webhooks holds %d, want 1 to %d", n, maxSigned))
	}
	answer := make([]signedWebhook, 0, len(req.Webhooks))
	for i, wanted := range req.Webhooks {
		if err := r.Context().Err(); err != nil {
			return nil, fmt.Errorf("sign webhooks: %w", err)
		}
		hook, err := s.makeWebhook(wanted)
		if err != nil {
			return nil, fmt.Errorf("webhooks[%d]: %w", i, err)
		}
		token, err := s.keys.sign(hook.body, signGood)
		if err != nil {
			return nil, err
		}
		answer = append(answer, signedWebhook{Token: token, Body: string(hook.body), URL: hook.url})
	}
	return answer, nil
}

type signingRequest struct {
	Retries retrySigning `json:"retries"`
}

// controlSigning decides which token retries carry from now on, except where /control/fire said so itself.
func (s *Server) controlSigning(r *http.Request) (any, error) {
	var req signingRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if !req.Retries.known() {
		return nil, controlError("retries is " + string(req.Retries) + ", want anew or same")
	}
	s.deliveries.signRetriesFromNow(req.Retries)
	return req, nil
}
