package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// view is where a Link session stands.
type view string

const (
	viewInstitutions view = "SELECT_INSTITUTION"
	viewCredentials  view = "CREDENTIAL"
	viewDevice       view = "MFA_DEVICE" // which device gets the one-time code
	viewCode         view = "MFA"
	viewOAuth        view = "OAUTH"      // the bank's own page is to be opened
	viewAtBank       view = "OAUTH_OPEN" // the person is there
	viewAccounts     view = "SELECT_ACCOUNT"
	viewTrouble      view = "ERROR"
	viewConnected    view = "CONNECTED"
	viewOver         view = "EXIT"
)

// name is the view_name of TRANSITION_VIEW (plaid.com/docs/link/web), with an MFA pane's mfa_type.
func (v view) name() (viewName, mfaType string) {
	switch v {
	case viewDevice:
		return "MFA", "device"
	case viewCode:
		return "MFA", "code"
	case viewAtBank:
		return string(viewOAuth), ""
	default:
		return string(v), ""
	}
}

// linkSession is one opening of Link. The Item is created or repaired when the bank says yes and, where accounts are to be
// chosen, they are; the session is finished only when the person leaves Link, so a tab closed in between leaves a healthy
// Item and an unfinished session.
type linkSession struct {
	id          string
	token       *linkToken
	hosted      bool // Link is the page itself, and LINK webhooks tell of it
	startedAt   time.Time
	finishedAt  time.Time
	at          view
	institution *institution
	username    string
	password    string
	device      string       // that gets the one-time code
	offered     []account    // to choose from, once the bank said yes
	visits      []*bankVisit // to OAuth banks, the latest last
	note        note
	failure     *apiError // of the last step; nil when it went well
	item        *item     // once the bank said yes
	publicToken string
	exited      *exitRecord
	events      []linkEvent
	told        int    // how many of the events the page has been given
	requestID   string // of the last step
}

// note is what a pane has to say beside an error.
type note string

const (
	noteCancelled note = "cancelled" // the person did not share at the bank
	noteClosed    note = "closed"    // the bank's window was closed
	noteTimedOut  note = "timed_out" // nobody signed in there for too long
)

// exitRecord is how a session ended without success.
type exitRecord struct {
	failure *apiError
	status  string
}

func (s *linkSession) updateMode() bool { return s.token.item != nil }

// startSession opens Link in somebody's page; startHosted opens it as the page of a hosted link.
func (g *registry) startSession(token, requestID string) (pane, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, err := g.liveLinkToken(token)
	if err != nil {
		return pane{}, err
	}
	return g.openLink(t, false, requestID)
}

func (g *registry) startHosted(hostedID, requestID string) (pane, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, err := g.hostedToken(hostedID)
	if err != nil {
		return pane{}, err
	}
	return g.openLink(t, true, requestID)
}

// openLink needs the lock.
func (g *registry) openLink(t *linkToken, hosted bool, requestID string) (pane, error) {
	s := &linkSession{id: uuid.NewString(), token: t, hosted: hosted, startedAt: g.now(), requestID: requestID}
	switch {
	case t.item != nil && t.item.removed:
		return pane{}, plaidError(codeItemNotFound)
	case t.item != nil:
		s.institution = t.item.institution
	case t.institutionID != "":
		in, err := g.institution(t.institutionID)
		if err != nil {
			return pane{}, err
		}
		s.institution = in
	}
	t.sessions = append(t.sessions, s)
	g.sessions[s.id] = s
	s.record(g.now(), "OPEN", eventMetadata{})
	if s.institution == nil {
		s.show(viewInstitutions, g.now())
	} else {
		g.approach(s)
	}
	return s.pane(), nil
}

// selectInstitution is the first step of a session that names no bank.
func (g *registry) selectInstitution(sessionID, institutionID, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewInstitutions}, func(s *linkSession) error {
		in, err := g.institution(institutionID)
		if err != nil {
			return err
		}
		s.institution = in
		s.record(g.now(), "SELECT_INSTITUTION", eventMetadata{})
		switch in.logins {
		case down:
			s.record(g.now(), "SELECT_DOWN_INSTITUTION", eventMetadata{})
		case degraded:
			s.record(g.now(), "SELECT_DEGRADED_INSTITUTION", eventMetadata{})
		}
		g.approach(s)
		return nil
	})
}

// approach shows the chosen bank's first pane, or why nobody gets in there (plaid.com/docs/link/institution-status). It
// needs the lock.
func (g *registry) approach(s *linkSession) {
	s.failure = nil
	switch refusal := s.institution.refusal(); {
	case refusal != nil:
		s.fail(refusal, g.now())
	case s.institution.oauth:
		g.offerBank(s)
	default:
		s.show(viewCredentials, g.now())
	}
}

// tryAgain leaves the pane of an error: back to the bank, or to the choice of another one.
func (g *registry) tryAgain(sessionID, requestID string, elsewhere bool) (pane, error) {
	return g.step(sessionID, requestID, []view{viewTrouble}, func(s *linkSession) error {
		switch {
		case elsewhere && s.token.preselected():
			return invalidField("the link token names the bank")
		case elsewhere:
			s.institution, s.failure, s.offered = nil, nil, nil
			s.show(viewInstitutions, g.now())
		default:
			g.approach(s)
		}
		return nil
	})
}

// finishSession hands the public token over; exitSession leaves Link without one.
func (g *registry) finishSession(sessionID, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewConnected}, func(s *linkSession) error {
		s.record(g.now(), "HANDOFF", eventMetadata{})
		s.end(g.now())
		return nil
	})
}

func (g *registry) exitSession(sessionID, requestID string) (pane, error) {
	unfinished := []view{viewInstitutions, viewCredentials, viewDevice, viewCode, viewOAuth, viewAtBank, viewAccounts, viewTrouble}
	return g.step(sessionID, requestID, unfinished, func(s *linkSession) error {
		s.exited = &exitRecord{failure: s.failure, status: s.exitStatus()}
		meta := errorMetadata(s.failure)
		meta.ExitStatus = s.exited.status
		s.record(g.now(), "EXIT", meta)
		s.end(g.now())
		return nil
	})
}

// step runs one act of a session under the lock and answers what the page shows next. Acts out of turn are refused.
func (g *registry) step(sessionID, requestID string, allowed []view, act func(*linkSession) error) (pane, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, ok := g.sessions[sessionID]
	if !ok {
		return pane{}, invalidField("unknown link_session_id")
	}
	if !slices.Contains(allowed, s.at) {
		return pane{}, invalidField(fmt.Sprintf("the Link session is at %s, which does not allow this step", s.at))
	}
	s.requestID, s.note = requestID, ""
	if err := act(s); err != nil {
		return pane{}, err
	}
	p := s.pane()
	var err error
	if s.hosted && s.at == viewOver {
		p.hooks, err = s.webhooks()
	}
	return p, err
}

func (s *linkSession) show(v view, now time.Time) {
	s.at = v
	var meta eventMetadata
	meta.ViewName, meta.MFAType = v.name()
	s.record(now, "TRANSITION_VIEW", meta)
}

// fail shows an error that no form can repair.
func (s *linkSession) fail(failure *apiError, now time.Time) {
	s.failure = failure
	s.record(now, "ERROR", errorMetadata(failure))
	s.show(viewTrouble, now)
}

func (s *linkSession) end(now time.Time) {
	s.at, s.finishedAt, s.password = viewOver, now, ""
	s.endVisit()
}

// exitStatus says at which point the person left, in onExit's words (plaid.com/docs/link/web).
func (s *linkSession) exitStatus() string {
	switch {
	case s.at == viewInstitutions:
		return "institution_not_found"
	case s.at == viewDevice:
		return "choose_device"
	case s.at == viewCode:
		return "requires_code"
	case s.at == viewAccounts:
		return "requires_account_selection"
	case s.failure != nil && s.failure.code == codeInstitutionUnsupported:
		return "institution_not_supported"
	case s.institution != nil && s.institution.oauth:
		return "requires_oauth"
	default:
		return "requires_credentials"
	}
}
