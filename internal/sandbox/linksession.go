package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// view is the pane a Link session shows, by the name Plaid's TRANSITION_VIEW event gives it.
type view string

const (
	viewInstitutions view = "SELECT_INSTITUTION"
	viewCredentials  view = "CREDENTIAL"
	viewCode         view = "MFA"
	viewConnected    view = "CONNECTED"
	viewOver         view = "EXIT"
)

// linkSession is one opening of Link. The Item is created or repaired when the bank says yes; the session is finished
// only when the person leaves Link, so a tab closed in between leaves a healthy Item and an unfinished session.
type linkSession struct {
	id          string
	token       *linkToken
	startedAt   time.Time
	finishedAt  time.Time
	at          view
	institution *institution
	username    string
	password    string
	failure     *apiError // of the last step; nil when it went well
	item        *item     // once the bank said yes
	publicToken string
	exited      *exitRecord
	events      []linkEvent
	requestID   string // of the last step
}

// exitRecord is how a session ended without success.
type exitRecord struct {
	failure *apiError
	status  string
}

func (s *linkSession) updateMode() bool { return s.token.item != nil }

// startSession opens Link.
func (g *registry) startSession(token, requestID string) (pane, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, err := g.liveLinkToken(token)
	if err != nil {
		return pane{}, err
	}
	s := &linkSession{id: uuid.NewString(), token: t, startedAt: g.now(), requestID: requestID}
	switch {
	case t.item != nil && t.item.removed:
		return pane{}, plaidError("ITEM_NOT_FOUND")
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
		s.show(viewCredentials, g.now())
	}
	return s.pane(0), nil
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
		s.show(viewCredentials, g.now())
		return nil
	})
}

// submitCredentials logs in at the bank; submitCode answers its question for a one-time code.
func (g *registry) submitCredentials(sessionID, username, password, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewCredentials}, func(s *linkSession) error {
		s.username, s.password = username, password
		s.record(g.now(), "SUBMIT_CREDENTIALS", eventMetadata{})
		g.logIn(s, "")
		return nil
	})
}

func (g *registry) submitCode(sessionID, code, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewCode}, func(s *linkSession) error {
		s.record(g.now(), "SUBMIT_MFA", eventMetadata{MFAType: "code"})
		g.logIn(s, code)
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
	unfinished := []view{viewInstitutions, viewCredentials, viewCode}
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
	s.requestID = requestID
	seen := len(s.events)
	if err := act(s); err != nil {
		return pane{}, err
	}
	return s.pane(seen), nil
}

// logIn asks the bank and, when it says yes, creates or repairs the Item. It needs the lock.
func (g *registry) logIn(s *linkSession, code string) {
	needCode, failure := s.ask(code, g.now())
	s.failure = failure
	if failure != nil {
		s.record(g.now(), "ERROR", errorMetadata(failure))
	}
	switch {
	case needCode:
		s.show(viewCode, g.now())
		return
	case failure != nil:
		s.show(viewCredentials, g.now())
		return
	}
	if s.updateMode() {
		s.item = s.token.item
		s.item.relink(s.token.accountSelection, g.now())
	} else {
		s.item = newItem(s.institution, s.username, s.token.products, s.token.webhookURL, g.now())
		g.add(s.item)
	}
	s.publicToken = g.mintPublicToken(s.item)
	s.password = ""
	s.show(viewConnected, g.now())
}

// ask is everything that can stand against a login, in the order a person meets it.
func (s *linkSession) ask(code string, now time.Time) (needCode bool, failure *apiError) {
	old := s.token.item
	switch {
	case !now.Before(s.token.expires):
		return false, plaidError("INVALID_LINK_TOKEN")
	case old != nil && old.removed:
		return false, plaidError("ITEM_NOT_FOUND")
	case old != nil && old.failure != nil && old.failure.kind == typeInstitutionError:
		return false, old.failure // nobody gets in while the bank itself is the trouble
	}
	needCode, failure = s.institution.login(s.username, s.password, code)
	if failure == nil && !needCode && old != nil && !s.institution.oauth && s.username != old.username {
		return false, plaidError("INVALID_UPDATED_USERNAME")
	}
	return needCode, failure
}

func (s *linkSession) show(v view, now time.Time) {
	s.at = v
	meta := eventMetadata{ViewName: string(v)}
	if v == viewCode {
		meta.MFAType = "code"
	}
	s.record(now, "TRANSITION_VIEW", meta)
}

func (s *linkSession) end(now time.Time) {
	s.at, s.finishedAt, s.password = viewOver, now, ""
}

// exitStatus says at which point the person left, in onExit's words (plaid.com/docs/link/web).
func (s *linkSession) exitStatus() string {
	switch {
	case s.at == viewInstitutions:
		return "institution_not_found"
	case s.at == viewCode:
		return "requires_code"
	case s.institution != nil && s.institution.oauth:
		return "requires_oauth"
	default:
		return "requires_credentials"
	}
}
