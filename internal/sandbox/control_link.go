package sandbox

import (
	"cmp"
	"errors"
	"net/http"
)

// controlLinkRequest plays a whole Link session without a browser.
type controlLinkRequest struct {
	LinkToken     string `json:"link_token"`
	InstitutionID string `json:"institution_id"` // only where the link token names no bank; default First Platypus Bank
	Username      string `json:"username"`
	Password      string `json:"password"`
	OTP           string `json:"otp"`     // given when the bank asks for a one-time code
	Outcome       string `json:"outcome"` // success (default), or exit: leave before entering anything
}

// controlLink answers what Link hands to the page: onSuccess, or onExit when the bank says no, when the code is missing
// or wrong, when the link token does not work, or when leaving was asked for.
func (s *Server) controlLink(r *http.Request) (any, error) {
	var req controlLinkRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	outcome := cmp.Or(req.Outcome, "success")
	if outcome != "success" && outcome != "exit" {
		return nil, controlError("outcome is " + req.Outcome + ", want success or exit")
	}
	requestID := newRequestID()
	p, err := s.playLink(req, outcome == "exit", requestID)
	if failure := new(apiError); errors.As(err, &failure) {
		return refusedToOpen(failure, requestID), nil
	}
	if err != nil {
		return nil, err
	}
	return p.Outcome, nil
}

func (s *Server) playLink(req controlLinkRequest, leave bool, requestID string) (pane, error) {
	p, err := s.registry.startSession(req.LinkToken, requestID)
	if err != nil {
		return pane{}, err
	}
	if p.View == viewInstitutions && !leave {
		p, err = s.registry.selectInstitution(p.LinkSessionID, cmp.Or(req.InstitutionID, institutions()[0].id), requestID)
		if err != nil {
			return pane{}, err
		}
	}
	if !leave {
		if p, err = s.registry.submitCredentials(p.LinkSessionID, req.Username, req.Password, requestID); err != nil {
			return pane{}, err
		}
	}
	if p.View == viewCode && req.OTP != "" {
		if p, err = s.registry.submitCode(p.LinkSessionID, req.OTP, requestID); err != nil {
			return pane{}, err
		}
	}
	if p.View == viewConnected {
		return s.registry.finishSession(p.LinkSessionID, requestID)
	}
	return s.registry.exitSession(p.LinkSessionID, requestID)
}
