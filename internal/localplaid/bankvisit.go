package localplaid

import (
	"net/url"
	"time"

	"github.com/google/uuid"
)

// bankVisit is one trip to an OAuth bank's own page. Its id names that page and comes back as oauth_state_id. Link
// takes the bank's answer up only when it learns of the return, so a person who lands in another browser has repaired
// nothing yet. The exported fields are what the data file keeps.
type bankVisit struct {
	ID       string      `json:"id"`
	Way      visitWay    `json:"way,omitempty"`
	OpenedAt time.Time   `json:"opened_at,omitzero"` // zero: the page has only been offered
	Answer   *bankAnswer `json:"answer,omitempty"`   // nil: the person is still there
	Over     bool        `json:"over,omitempty"`     // the answer was taken up, or nobody waits for one

	session *linkSession
}

// visitWay is how the bank's page is opened, and so how the person comes back.
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

// oauthStateID is the parameter that Plaid adds to a redirect URI.
const oauthStateID = "oauth_state_id"

// returnURI is where the bank sends the browser; empty for a pop-up, which has nowhere to go.
func (v *bankVisit) returnURI(baseURL string) string {
	query := "?" + oauthStateID + "=" + v.ID
	switch v.Way {
	case wayRedirect:
		return v.session.token.RedirectURI + query
	case wayHosted:
		return baseURL + v.session.token.Hosted.path() + query
	default:
		return ""
	}
}

// offerBank shows Link's last pane before the bank's own page.
func (s *linkSession) offerBank() {
	s.endVisit()
	v := &bankVisit{ID: uuid.NewString(), session: s}
	s.Visits = append(s.Visits, v)
	s.registry.visits[v.ID] = v
	s.offerAccounts()
	s.show(viewOAuth)
}

// visit is the latest to an OAuth bank. A session at viewOAuth or viewAtBank has one.
func (s *linkSession) visit() *bankVisit { return s.Visits[len(s.Visits)-1] }

func (s *linkSession) endVisit() {
	if len(s.Visits) > 0 {
		s.visit().Over = true
	}
}

// openBank notes that the person goes to the bank's page. Without a redirect URI only a pop-up finds back.
func (s *linkSession) openBank(in linkInput) error {
	way := in.Way
	switch {
	case s.Hosted:
		way = wayHosted
	case way != wayPopup && way != wayRedirect:
		return invalidField("way must be redirect or popup")
	case way == wayRedirect && s.token.RedirectURI == "":
		return invalidField("the link token has no redirect_uri")
	}
	s.At, s.Failure = viewAtBank, nil
	s.visit().Way, s.visit().OpenedAt = way, s.registry.now()
	s.record("OPEN_OAUTH", nil)
	return nil
}

// awaitBank is called again and again while a pop-up is open. Closed says that it no longer is.
func (s *linkSession) awaitBank(in linkInput) error {
	switch {
	case s.visit().Answer != nil:
		s.takeUp()
	case in.Closed:
		s.record("CLOSE_OAUTH", nil)
		s.Note = noteClosed
		s.offerBank()
	case s.registry.now().Sub(s.visit().OpenedAt) > bankPatience:
		s.record("FAIL_OAUTH", nil)
		s.Note = noteTimedOut
		s.offerBank()
	}
	return nil
}

// answerVisit notes what the person did at the bank, once. It returns where the browser goes; empty: nowhere, the
// window closes. Not ok means that nobody waits for the answer.
func (g *registry) answerVisit(id string, answer bankAnswer, baseURL string) (returnURI string, ok bool) {
	v, ok := g.visits[id]
	if !ok || v.Over {
		return "", false
	}
	if v.Answer == nil {
		answer.Accounts = accountIDs(accountsOf(v.session.Offered, answer.Accounts))
		v.Answer = &answer
	}
	return v.returnURI(baseURL), true
}

// takeUp goes on with the bank's answer. The events of a return with an error are those of plaid.com/docs/link/oauth,
// "Handling Link events".
func (s *linkSession) takeUp() {
	v := s.visit()
	v.Over = true
	came := "OPEN" // Link was opened again
	failure := s.blocked()
	switch {
	case v.Answer.Cancelled:
		if v.Way == wayPopup {
			came = "CLOSE_OAUTH"
		}
		s.record(came, nil)
		s.Note = noteCancelled
		s.offerBank()
		return
	case failure != nil:
	case v.Answer.ErrorCode != "":
		failure = plaidError(v.Answer.ErrorCode)
	case len(v.Answer.Accounts) == 0:
		failure = plaidError(codeNoAccounts)
	default:
		s.connect(v.Answer.Accounts)
		return
	}
	if v.Way == wayPopup {
		came = "FAIL_OAUTH"
	}
	s.record(came, nil)
	s.fail(failure)
}

// resume opens Link again after the return from the bank: with the same link token, and with the URI of the return
// unchanged (plaid.com/docs/link/oauth, "Reinitializing Link"). Plaid does not document which code it has for a URI
// that was changed, or for one given at the first launch. Here no state is found by either.
func (g *registry) resume(t *linkToken, receivedURI, requestID string) (pane, error) {
	notFound := plaidError(codeOAuthStateNotFound)
	u, err := url.Parse(receivedURI)
	if err != nil {
		return pane{}, notFound.saying("receivedRedirectUri is not a URI")
	}
	v, ok := g.visits[u.Query().Get(oauthStateID)]
	switch {
	case !ok || v.Way != wayRedirect:
		return pane{}, notFound
	case v.session.token != t:
		return pane{}, plaidError("INCORRECT_LINK_TOKEN")
	case receivedURI != v.returnURI(""):
		return pane{}, notFound.saying("receivedRedirectUri is not the URI that the browser was sent to")
	case v.Over:
		return pane{}, plaidError("OAUTH_STATE_ID_ALREADY_PROCESSED")
	}
	return v.comeBack(requestID), nil
}

// resumeHosted does the same for a hosted page. A page that is loaded again shows where it stands.
func (g *registry) resumeHosted(t *linkToken, stateID, requestID string) (pane, error) {
	v, ok := g.visits[stateID]
	if !ok || v.session.token != t || v.Way != wayHosted {
		return pane{}, plaidError(codeOAuthStateNotFound)
	}
	return v.comeBack(requestID), nil
}

func (v *bankVisit) comeBack(requestID string) pane {
	s := v.session
	if s.visit() != v || v.Over {
		return s.pane()
	}
	s.RequestID, s.Note = requestID, ""
	if v.Answer == nil { // by the back button, say
		v.Answer = &bankAnswer{Cancelled: true}
	}
	s.takeUp()
	return s.pane()
}
