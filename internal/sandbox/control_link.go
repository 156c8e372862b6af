package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
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

// abandonedOutcome is the answer where Link calls nothing.
type abandonedOutcome struct {
	Callback string `json:"callback"` // none
	Metadata struct {
		LinkSessionID string `json:"link_session_id"`
	} `json:"metadata"`
}

func (req *controlLinkRequest) check() error {
	req.Outcome = cmp.Or(req.Outcome, playSuccess)
	switch {
	case !slices.Contains([]string{playSuccess, playExit, playWrongPassword, playAbandon}, req.Outcome):
		return controlError("outcome is " + req.Outcome + ", want success, exit, wrong_password or abandon")
	case req.OAuthError != "" && !slices.Contains(bankErrors(), req.OAuthError):
		return controlError("oauth_error is " + req.OAuthError + ", want one of " + strings.Join(bankErrors(), ", "))
	}
	return nil
}

// controlLink answers what Link hands to the page: onSuccess, or onExit when the bank says no, when the code is missing
// or wrong, when the link token does not work, or when leaving was asked for.
func (s *Server) controlLink(r *http.Request) (any, error) {
	var req controlLinkRequest
	if err := decodeControl(r, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	play := linkPlay{registry: s.registry, req: req, requestID: newRequestID(), baseURL: s.baseURL(r)}
	p, err := play.all()
	if failure := new(apiError); errors.As(err, &failure) {
		return refusedToOpen(failure, play.requestID), nil
	}
	if err != nil {
		return nil, err
	}
	s.sendAll(p.hooks)
	if p.Outcome != nil {
		return p.Outcome, nil
	}
	left := abandonedOutcome{Callback: "none"}
	left.Metadata.LinkSessionID = p.LinkSessionID
	return left, nil
}

// linkPlay goes through a session as Link's page does, pane by pane.
type linkPlay struct {
	registry  *registry
	req       controlLinkRequest
	requestID string
	baseURL   string
}

func (l linkPlay) all() (pane, error) {
	p, err := l.open()
	if err != nil {
		return pane{}, err
	}
	for !l.leaves(p) {
		if p, err = l.next(p); err != nil {
			return pane{}, err
		}
	}
	switch {
	case l.req.Outcome == playAbandon:
		return p, nil
	case p.View == viewConnected:
		return l.registry.finishSession(p.LinkSessionID, l.requestID)
	default:
		return l.registry.exitSession(p.LinkSessionID, l.requestID)
	}
}

// open starts a hosted session where the link token is for one.
func (l linkPlay) open() (pane, error) {
	if id := l.registry.hostedID(l.req.LinkToken); id != "" {
		return l.registry.startHosted(id, l.requestID)
	}
	return l.registry.startSession(l.req.LinkToken, l.requestID)
}

// leaves says that the session goes no further.
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

// next answers one pane.
func (l linkPlay) next(p pane) (pane, error) {
	g, id := l.registry, p.LinkSessionID
	switch p.View {
	case viewInstitutions:
		return g.selectInstitution(id, cmp.Or(l.req.InstitutionID, institutions()[0].id), l.requestID)
	case viewCredentials:
		password := l.req.Password
		if l.req.Outcome == playWrongPassword {
			password = "error_" + codeInvalidCredentials
		}
		return g.submitCredentials(id, l.req.Username, password, l.requestID)
	case viewDevice:
		return g.submitDevice(id, devices()[0].ID, l.requestID)
	case viewCode:
		return g.submitCode(id, l.req.OTP, l.requestID)
	case viewAccounts:
		chosen, err := l.choose(p)
		if err != nil {
			return pane{}, err
		}
		return g.submitAccounts(id, chosen, l.requestID)
	case viewOAuth:
		if l.req.Outcome == playWrongPassword {
			return pane{}, controlError("an OAuth bank takes any password: try oauth_error instead of outcome wrong_password")
		}
		return l.visit(p)
	case viewAtBank, viewTrouble, viewConnected, viewOver:
	}
	return pane{}, fmt.Errorf("play Link: no way on from %s", p.View)
}

// visit goes to the bank's page and comes back the way the link token allows.
func (l linkPlay) visit(p pane) (pane, error) {
	g, way := l.registry, wayPopup
	if p.MayRedirect {
		way = wayRedirect
	}
	if p, err := g.openBank(p.LinkSessionID, way, l.requestID); err != nil {
		return p, err
	}
	state := strings.TrimPrefix(p.BankURL, bankPath)
	_, _, offered, ticked, _ := g.visitNow(state)
	for _, a := range offered {
		p.Accounts = append(p.Accounts, accountChoice{ID: a.ID, Mask: a.Mask, Ticked: slices.Contains(ticked, a.ID)})
	}
	chosen, err := l.choose(p)
	if err != nil {
		return pane{}, err
	}
	answer := bankAnswer{Accounts: chosen, ErrorCode: l.req.OAuthError, Cancelled: l.req.Outcome == playExit}
	returnURI, _ := g.answerVisit(state, answer, l.baseURL)
	switch hosted := g.hostedID(l.req.LinkToken); {
	case hosted != "":
		return g.resumeHosted(hosted, state, l.requestID)
	case way == wayRedirect:
		return g.resumeSession(l.req.LinkToken, returnURI, l.requestID)
	default:
		return g.awaitBank(p.LinkSessionID, true, l.requestID)
	}
}

// choose answers the ids of the accounts wanted.
func (l linkPlay) choose(p pane) ([]string, error) {
	var all, ticked, wanted []string
	for _, a := range p.Accounts {
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
		return nil, controlError("accounts names one that the login does not have")
	case len(wanted) > 0:
		return wanted, nil
	case len(ticked) > 0:
		return ticked, nil
	}
	return all, nil
}
