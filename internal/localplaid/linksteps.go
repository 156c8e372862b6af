package localplaid

import (
	"fmt"
	"slices"
)

// linkInput is what Link's page sends. Each step uses its own part.
type linkInput struct {
	LinkToken           string   `json:"link_token"`
	ReceivedRedirectURI *string  `json:"received_redirect_uri"`
	HostedID            string   `json:"hosted_id"`
	OAuthStateID        string   `json:"oauth_state_id"`
	LinkSessionID       string   `json:"link_session_id"`
	InstitutionID       string   `json:"institution_id"`
	Username            string   `json:"username"`
	Password            string   `json:"password"`
	Device              string   `json:"device"`
	Code                string   `json:"code"`
	AccountIDs          []string `json:"account_ids"`
	Way                 visitWay `json:"way"`
	Closed              bool     `json:"closed"`
	Elsewhere           bool     `json:"elsewhere"`
}

// linkStep is one act of a person in Link.
type linkStep struct {
	at  []view // the panes at which it may be done
	act func(*linkSession, linkInput) error
}

// linkSteps are the acts by the last part of their path. One that opens Link is not among them: see registry.start.
var linkSteps = map[string]linkStep{
	"institution": {[]view{viewInstitutions}, (*linkSession).selectInstitution},
	"credentials": {[]view{viewCredentials}, (*linkSession).submitCredentials},
	"device":      {[]view{viewDevice}, (*linkSession).submitDevice},
	"code":        {[]view{viewCode}, (*linkSession).submitCode},
	"accounts":    {[]view{viewAccounts}, (*linkSession).submitAccounts},
	"bank":        {[]view{viewOAuth}, (*linkSession).openBank},
	"wait":        {[]view{viewAtBank}, (*linkSession).awaitBank},
	"again":       {[]view{viewTrouble}, (*linkSession).tryAgain},
	"finish":      {[]view{viewConnected}, (*linkSession).finish},
	"exit": {
		[]view{viewInstitutions, viewCredentials, viewDevice, viewCode, viewOAuth, viewAtBank, viewAccounts, viewTrouble},
		(*linkSession).leave,
	},
}

// start opens Link, or opens it again after the return from a bank.
func (g *registry) start(in linkInput, requestID string) (pane, error) {
	find, token := g.liveLinkToken, in.LinkToken
	if in.HostedID != "" {
		find, token = g.liveHostedToken, in.HostedID
	}
	t, err := find(token)
	switch {
	case err != nil:
		return pane{}, err
	case in.HostedID != "" && in.OAuthStateID != "":
		return g.resumeHosted(t, in.OAuthStateID, requestID)
	case in.HostedID == "" && in.ReceivedRedirectURI != nil:
		return g.resume(t, *in.ReceivedRedirectURI, requestID)
	}
	return g.open(t, in.HostedID != "", requestID)
}

// step does one act of a session and returns what the page shows next. It refuses acts out of turn.
func (g *registry) step(name string, in linkInput, requestID string) (pane, error) {
	s, ok := g.sessions[in.LinkSessionID]
	if !ok {
		return pane{}, invalidField("unknown link_session_id")
	}
	step := linkSteps[name]
	if !slices.Contains(step.at, s.At) {
		return pane{}, invalidField(fmt.Sprintf("the Link session is at %s, which does not allow this step", s.At))
	}
	s.RequestID, s.Note = requestID, ""
	if err := step.act(s, in); err != nil {
		return pane{}, err
	}
	if s.Hosted && s.At == viewOver {
		s.sendWebhooks()
	}
	return s.pane(), nil
}

func (s *linkSession) selectInstitution(in linkInput) error {
	chosen, err := s.registry.institution(in.InstitutionID)
	if err != nil {
		return err
	}
	s.choose(chosen)
	s.record("SELECT_INSTITUTION", nil)
	if chosen.Logins != healthy {
		s.record("SELECT_"+chosen.Logins+"_INSTITUTION", nil)
	}
	s.approach()
	return nil
}

func (s *linkSession) submitCredentials(in linkInput) error {
	s.Username, s.password, s.Device = in.Username, in.Password, ""
	s.record("SUBMIT_CREDENTIALS", nil)
	s.logIn("")
	return nil
}

func (s *linkSession) submitDevice(in linkInput) error {
	if !slices.ContainsFunc(devices(), func(d device) bool { return d.ID == in.Device }) {
		return invalidField("device is none of those offered")
	}
	s.Device = in.Device
	s.record("SUBMIT_MFA", reply{"mfa_type": "device"})
	s.show(viewCode)
	return nil
}

func (s *linkSession) submitCode(in linkInput) error {
	s.record("SUBMIT_MFA", reply{"mfa_type": "code"})
	s.logIn(in.Code)
	return nil
}

// logIn asks the bank and, when it says yes, goes on to the accounts.
func (s *linkSession) logIn(code string) {
	needCode, failure := s.ask(code)
	s.Failure = nil
	switch {
	case failure == nil:
	case failure.Type == typeInstitutionError || failure.Code == codeInvalidLinkToken || failure.Code == codeItemNotFound:
		s.fail(failure) // no other input helps
		return
	default:
		s.Failure = failure
		s.record("ERROR", errorMetadata(failure))
	}
	switch {
	case needCode && s.Device == "":
		s.show(viewDevice)
	case needCode:
		s.show(viewCode)
	case failure != nil:
		s.show(viewCredentials)
	case !s.updateMode() || s.token.AccountSelection:
		s.offerAccounts()
		s.show(viewAccounts)
	default:
		s.connect(nil)
	}
}

// ask returns what stands against a login, in the order in which a person meets it.
func (s *linkSession) ask(code string) (needCode bool, failure *apiError) {
	if failure := s.blocked(); failure != nil {
		return false, failure
	}
	needCode, failure = s.institution.login(s.Username, s.password, code)
	if failure == nil && !needCode && s.updateMode() && s.Username != s.token.item.Username {
		return false, plaidError("INVALID_UPDATED_USERNAME")
	}
	return needCode, failure
}

func (s *linkSession) submitAccounts(in linkInput) error {
	if len(in.AccountIDs) == 0 || len(accountsOf(s.Offered, in.AccountIDs)) != len(in.AccountIDs) {
		return invalidField("account_ids must be at least one of the accounts offered")
	}
	if failure := s.blocked(); failure != nil {
		s.fail(failure)
		return nil
	}
	s.connect(in.AccountIDs)
	return nil
}

// tryAgain leaves the pane of an error: back to the bank, or to the choice of another one.
func (s *linkSession) tryAgain(in linkInput) error {
	switch {
	case !in.Elsewhere:
		s.approach()
	case s.token.preselected():
		return invalidField("the link token names the bank")
	default:
		s.institution, s.InstitutionID, s.Failure, s.Offered = nil, "", nil, nil
		s.show(viewInstitutions)
	}
	return nil
}

// finish hands the public token over.
func (s *linkSession) finish(linkInput) error {
	s.record("HANDOFF", nil)
	s.end()
	return nil
}

// leave ends Link without a public token.
func (s *linkSession) leave(linkInput) error {
	s.Exit = &exitRecord{Failure: s.Failure, Status: s.exitStatus()}
	meta := errorMetadata(s.Failure)
	meta["exit_status"] = s.Exit.Status
	s.record("EXIT", meta)
	s.end()
	return nil
}
