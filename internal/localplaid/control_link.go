package localplaid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// controlLinkRequest plays a whole Link session without a browser: at an OAuth bank with the visit to its page and the
// return, for a hosted link with the webhooks at its end.
type controlLinkRequest struct {
	LinkToken     string   `json:"link_token"`
	InstitutionID string   `json:"institution_id"` // only where the link token names no bank; default First Platypus Bank
	Username      string   `json:"username"`       // an OAuth bank takes anything
	Password      string   `json:"password"`
	OTP           string   `json:"otp"`         // given when the bank asks for a one-time code
	Accounts      []string `json:"accounts"`    // to share, by id or mask, where there is a choice; default those proposed, or all
	OAuthError    string   `json:"oauth_error"` // what an OAuth bank answers; default yes
	Outcome       string   `json:"outcome"`
}

// Values of outcome. Where the bank says no, every one but abandon ends with onExit.
const (
	playSuccess       = "success"
	playExit          = "exit"           // leaves before entering anything, an OAuth bank by its Cancel
	playWrongPassword = "wrong_password" // types one, sees the error and leaves; not at an OAuth bank
	playAbandon       = "abandon"        // logs in and closes the tab before Link is over: no callback, an unfinished session
)

func (req *controlLinkRequest) check() error {
	req.Outcome = cmp.Or(req.Outcome, playSuccess)
	switch {
	case !slices.Contains([]string{playSuccess, playExit, playWrongPassword, playAbandon}, req.Outcome):
		return controlErrorf("outcome is %s, want success, exit, wrong_password or abandon", req.Outcome)
	case req.OAuthError != "" && !slices.Contains(bankErrors(), req.OAuthError):
		return controlErrorf("oauth_error is %s, want one of %s", req.OAuthError, strings.Join(bankErrors(), ", "))
	}
	return nil
}

// controlLink responds with what Link hands to the page: onSuccess; or onExit when the bank says no, when the code is
// missing or wrong, when the link token does not work, or when leaving was asked for.
func (s *Server) controlLink(_ context.Context, req controlLinkRequest) (any, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	play := linkPlay{registry: s.registry, req: req, requestID: newRequestID()}
	p, err := locked(s.registry, play.all)
	if failure := new(apiError); errors.As(err, &failure) {
		return refusedToOpen(failure, play.requestID), nil
	}
	if err == nil && p.Outcome == nil { // Link calls nothing
		return reply{"callback": "none", "metadata": reply{"link_session_id": p.LinkSessionID}}, nil
	}
	return p.Outcome, err
}

// linkPlay goes through a session as Link's page does, pane by pane.
type linkPlay struct {
	registry  *registry
	req       controlLinkRequest
	requestID string
}

func (l linkPlay) all() (pane, error) {
	p, err := l.start(linkInput{})
	for err == nil && !l.leaves(p) {
		p, err = l.next(p)
	}
	switch {
	case err != nil || l.req.Outcome == playAbandon:
		return p, err
	case p.View == viewConnected:
		return l.step(p, "finish", linkInput{})
	default:
		return l.step(p, "exit", linkInput{})
	}
}

// start opens Link, as the page of a hosted link where the link token is for one.
func (l linkPlay) start(in linkInput) (pane, error) {
	in.LinkToken = l.req.LinkToken
	if t, ok := l.registry.linkTokens[in.LinkToken]; ok && t.Hosted != nil {
		in.HostedID = t.Hosted.ID
	}
	return l.registry.start(in, l.requestID)
}

func (l linkPlay) step(p pane, name string, in linkInput) (pane, error) {
	in.LinkSessionID = p.LinkSessionID
	return l.registry.step(name, in, l.requestID)
}

// leaves reports that the session goes no further.
func (l linkPlay) leaves(p pane) bool {
	switch {
	case p.Error != nil || p.Note != "" || p.View == viewConnected || p.View == viewTrouble:
		return true
	case p.View == viewCode:
		return l.req.OTP == ""
	default:
		return l.req.Outcome == playExit && p.View != viewOAuth && p.View != viewAtBank
	}
}

// next does what a person does at one pane.
func (l linkPlay) next(p pane) (pane, error) {
	switch p.View {
	case viewInstitutions:
		return l.step(p, "institution", linkInput{InstitutionID: cmp.Or(l.req.InstitutionID, institutions()[0].id)})
	case viewCredentials:
		password := l.req.Password
		if l.req.Outcome == playWrongPassword {
			password = "error_" + codeInvalidCredentials
		}
		return l.step(p, "credentials", linkInput{Username: l.req.Username, Password: password})
	case viewDevice:
		return l.step(p, "device", linkInput{Device: devices()[0].ID})
	case viewCode:
		return l.step(p, "code", linkInput{Code: l.req.OTP})
	case viewAccounts:
		chosen, err := l.choose(p.Accounts)
		if err != nil {
			return pane{}, err
		}
		return l.step(p, "accounts", linkInput{AccountIDs: chosen})
	case viewOAuth:
		if l.req.Outcome == playWrongPassword {
			return pane{}, controlErrorf("an OAuth bank takes any password: try oauth_error instead of outcome wrong_password")
		}
		return l.visit(p)
	case viewAtBank, viewTrouble, viewConnected, viewOver:
	}
	return pane{}, fmt.Errorf("play Link: no way on from %s", p.View)
}

// visit goes to the bank's page and comes back the way the link token allows.
func (l linkPlay) visit(p pane) (pane, error) {
	way := wayPopup
	if p.MayRedirect {
		way = wayRedirect
	}
	p, err := l.step(p, "bank", linkInput{Way: way})
	if err != nil {
		return p, err
	}
	v := l.registry.visits[strings.TrimPrefix(p.BankURL, bankPath)]
	chosen, err := l.choose(accountChoices(v.session.Offered, v.session.ticked()))
	if err != nil {
		return pane{}, err
	}
	answer := bankAnswer{Accounts: chosen, ErrorCode: l.req.OAuthError, Cancelled: l.req.Outcome == playExit}
	returnURI, _ := l.registry.answerVisit(v.ID, answer, "")
	switch v.Way {
	case wayHosted:
		return l.start(linkInput{OAuthStateID: v.ID})
	case wayRedirect:
		return l.start(linkInput{ReceivedRedirectURI: &returnURI})
	default:
		return l.step(p, "wait", linkInput{Closed: true})
	}
}

// choose returns the ids of the accounts to share.
func (l linkPlay) choose(offered []accountChoice) ([]string, error) {
	var all, ticked, wanted []string
	for _, a := range offered {
		all = append(all, a.ID)
		if a.Ticked {
			ticked = append(ticked, a.ID)
		}
		if slices.Contains(l.req.Accounts, a.ID) || slices.Contains(l.req.Accounts, a.Mask) {
			wanted = append(wanted, a.ID)
		}
	}
	switch {
	case len(wanted) != len(l.req.Accounts):
		return nil, controlErrorf("accounts names one that the login does not have")
	case len(wanted) > 0:
		return wanted, nil
	case len(ticked) > 0:
		return ticked, nil
	}
	return all, nil
}
