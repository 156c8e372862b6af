package sandbox

import (
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
)

// bankVisit is one trip to an OAuth bank's own page. Its id names that page and comes back as oauth_state_id. Link takes
// the bank's answer up when it is told of the return, so a person who lands in another browser has repaired nothing yet.
type bankVisit struct {
	id       string
	session  *linkSession
	way      visitWay
	openedAt time.Time   // zero: the page has only been offered
	answer   *bankAnswer // nil: the person is still there
	over     bool        // the answer was taken up, or nobody waits for one
}

// visitWay is how the bank's page is opened, and so how one comes back.
type visitWay string

const (
	wayRedirect visitWay = "redirect" // in the same window, back to the link token's redirect_uri
	wayPopup    visitWay = "popup"    // in a window of its own, which closes itself
	wayHosted   visitWay = "hosted"   // in the same window, back to the hosted page
)

// bankAnswer is what the person did at the bank.
type bankAnswer struct {
	Cancelled bool     `json:"cancelled,omitempty"`
	ErrorCode string   `json:"error_code,omitempty"` // one of bankErrors
	Accounts  []string `json:"account_ids,omitempty"`
}

// bankErrors can be tried at the bank's page (plaid.com/docs/sandbox/test-credentials).
func bankErrors() []string {
	return []string{"INSUFFICIENT_CREDENTIALS", "ACCESS_NOT_GRANTED", "NO_AUTH_ACCOUNTS"}
}

// bankPatience is how long a pop-up may stand open at the bank. Plaid's FAIL_OAUTH comes after a time it does not name.
const bankPatience = 10 * time.Minute

// returnURI is where the bank sends the browser; empty for a pop-up, which has nowhere to go.
func (v *bankVisit) returnURI(baseURL string) string {
	query := "?" + oauthStateID + "=" + v.id
	switch v.way {
	case wayRedirect:
		return v.session.token.redirectURI + query
	case wayHosted:
		return baseURL + v.session.token.hosted.path() + query
	default:
		return ""
	}
}

// oauthStateID is the parameter Plaid adds to a redirect URI.
const oauthStateID = "oauth_state_id"

// offerBank shows Link's last pane before the bank's own page. It needs the lock.
func (g *registry) offerBank(s *linkSession) {
	s.endVisit()
	v := &bankVisit{id: uuid.NewString(), session: s}
	s.visits = append(s.visits, v)
	g.visits[v.id] = v
	s.offerAccounts()
	s.show(viewOAuth, g.now())
}

// visit is the latest to an OAuth bank; a session at viewOAuth or viewAtBank has one.
func (s *linkSession) visit() *bankVisit { return s.visits[len(s.visits)-1] }

func (s *linkSession) endVisit() {
	if len(s.visits) > 0 {
		s.visit().over = true
	}
}

// openBank notes that the person goes to the bank's page. Without a redirect URI only a pop-up finds back.
func (g *registry) openBank(sessionID string, way visitWay, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewOAuth}, func(s *linkSession) error {
		if s.hosted {
			way = wayHosted
		}
		switch {
		case !slices.Contains([]visitWay{wayRedirect, wayPopup, wayHosted}, way) || way == wayHosted && !s.hosted:
			return invalidField("way must be redirect or popup")
		case way == wayRedirect && s.token.redirectURI == "":
			return invalidField("the link token has no redirect_uri")
		}
		s.at, s.failure = viewAtBank, nil
		s.visit().way, s.visit().openedAt = way, g.now()
		s.record(g.now(), "OPEN_OAUTH", eventMetadata{})
		return nil
	})
}

// awaitBank is asked again and again while a pop-up is open; closed says that it no longer is.
func (g *registry) awaitBank(sessionID string, closed bool, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewAtBank}, func(s *linkSession) error {
		switch {
		case s.visit().answer != nil:
			g.takeUp(s)
		case closed:
			s.record(g.now(), "CLOSE_OAUTH", eventMetadata{})
			s.note = noteClosed
			g.offerBank(s)
		case g.now().Sub(s.visit().openedAt) > bankPatience:
			s.record(g.now(), "FAIL_OAUTH", eventMetadata{})
			s.note = noteTimedOut
			g.offerBank(s)
		}
		return nil
	})
}

// visitNow answers a visit that still waits for the bank's answer, with the accounts to show and those to tick. The page
// may be loaded a moment before Link has noted that it was opened.
func (g *registry) visitNow(id string) (in institution, client string, offered []account, ticked []string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, ok := g.visits[id]
	if !ok || v.over || v.answer != nil {
		return institution{}, "", nil, nil, false
	}
	s := v.session
	return *s.institution, s.shownClientName(), s.offered, s.ticked(), true
}

// answerVisit notes what the person did at the bank, once, and answers where the browser goes; empty: nowhere, the
// window closes.
func (g *registry) answerVisit(id string, answer bankAnswer, baseURL string) (returnURI string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v, ok := g.visits[id]
	if !ok || v.over {
		return "", false
	}
	if v.answer == nil {
		answer.Accounts = accountIDs(accountsOf(v.session.offered, answer.Accounts))
		v.answer = &answer
	}
	return v.returnURI(baseURL), true
}

// takeUp goes on with the bank's answer. It needs the lock.
func (g *registry) takeUp(s *linkSession) {
	v, now := s.visit(), g.now()
	v.over = true
	if v.answer.Cancelled {
		if v.way == wayPopup {
			s.record(now, "CLOSE_OAUTH", eventMetadata{})
		} else {
			s.record(now, "OPEN", eventMetadata{})
		}
		s.note = noteCancelled
		g.offerBank(s)
		return
	}
	failure := s.blocked(now)
	switch {
	case failure != nil:
	case v.answer.ErrorCode != "":
		failure = plaidError(v.answer.ErrorCode)
	case len(v.answer.Accounts) == 0:
		failure = plaidError(codeNoAccounts)
	}
	if failure == nil {
		g.connect(s, v.answer.Accounts)
		return
	}
	// The events of a return with an error are those of plaid.com/docs/link/oauth, "Handling Link events".
	if v.way == wayPopup {
		s.record(now, "FAIL_OAUTH", eventMetadata{})
	} else {
		s.record(now, "OPEN", eventMetadata{})
	}
	s.fail(failure, now)
}

// resumeSession opens Link again after the return from the bank: same link token, and the return's URI to the letter
// (plaid.com/docs/link/oauth, "Reinitializing Link"). Which code Plaid has for a URI that was changed, or for one given at
// the first launch, is not documented: in both no state is found by it.
func (g *registry) resumeSession(token, receivedURI, requestID string) (pane, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, err := g.liveLinkToken(token)
	if err != nil {
		return pane{}, err
	}
	u, err := url.Parse(receivedURI)
	if err != nil {
		return pane{}, plaidError(codeOAuthStateNotFound).because("", "receivedRedirectUri is not a URI")
	}
	v, ok := g.visits[u.Query().Get(oauthStateID)]
	switch {
	case !ok || v.way != wayRedirect:
		return pane{}, plaidError(codeOAuthStateNotFound)
	case v.session.token != t:
		return pane{}, plaidError("INCORRECT_LINK_TOKEN")
	case receivedURI != v.returnURI(""):
		return pane{}, plaidError(codeOAuthStateNotFound).because("", "receivedRedirectUri is not the URI that the browser was sent to")
	case v.over:
		return pane{}, plaidError("OAUTH_STATE_ID_ALREADY_PROCESSED")
	}
	return g.comeBack(v, requestID), nil
}

// resumeHosted is the same for a hosted page, which brings its own return. One loaded again shows where it stands.
func (g *registry) resumeHosted(hostedID, stateID, requestID string) (pane, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, err := g.hostedToken(hostedID)
	if err != nil {
		return pane{}, err
	}
	v, ok := g.visits[stateID]
	if !ok || v.session.token != t || v.way != wayHosted {
		return pane{}, plaidError(codeOAuthStateNotFound)
	}
	return g.comeBack(v, requestID), nil
}

// comeBack needs the lock.
func (g *registry) comeBack(v *bankVisit, requestID string) pane {
	s := v.session
	if s.visit() != v || v.over {
		return s.pane()
	}
	s.requestID, s.note = requestID, ""
	if v.answer == nil { // by the back button, say
		v.answer = &bankAnswer{Cancelled: true}
	}
	g.takeUp(s)
	return s.pane()
}

// visitTarget is the link token's redirect URI, where the bank's form may lead.
func (g *registry) visitTarget(id string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v, ok := g.visits[id]; ok {
		return v.session.token.redirectURI
	}
	return ""
}
