package localplaid

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// linkSession is one opening of Link. The Item is created or repaired when the bank says yes and, where accounts are to
// be chosen, they are. The session is finished only when the person leaves Link, so a tab that is closed in between
// leaves a healthy Item and an unfinished session. The exported fields are what the data file keeps.
type linkSession struct {
	ID            string       `json:"link_session_id"`
	Hosted        bool         `json:"hosted,omitempty"` // Link is the page itself, and LINK webhooks report the end
	StartedAt     time.Time    `json:"started_at"`
	FinishedAt    time.Time    `json:"finished_at,omitzero"`
	At            view         `json:"at"`
	InstitutionID string       `json:"institution_id,omitempty"`
	Username      string       `json:"username,omitempty"`
	Device        string       `json:"device,omitempty"`  // gets the one-time code
	Offered       []account    `json:"offered,omitempty"` // to choose from, once the bank said yes
	Visits        []*bankVisit `json:"visits,omitempty"`  // to OAuth banks, the latest last
	Note          note         `json:"note,omitempty"`
	Failure       *apiError    `json:"failure,omitempty"` // of the last step; nil when it went well
	ItemID        string       `json:"item_id,omitempty"` // once the bank said yes
	PublicToken   string       `json:"public_token,omitempty"`
	Exit          *exitRecord  `json:"exit,omitempty"`
	Events        []linkEvent  `json:"events"`
	Given         int          `json:"given"`      // how many of the events the page has
	RequestID     string       `json:"request_id"` // of the last step

	registry    *registry
	token       *linkToken
	institution *institution
	item        *item
	// password is never kept. After a restart the bank refuses the one-time code, and Link asks for the password again.
	password string
}

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

// note is what a pane has to say beside an error.
type note string

const (
	noteCancelled note = "cancelled" // the person did not share at the bank
	noteClosed    note = "closed"    // the bank's window was closed
	noteTimedOut  note = "timed_out" // nobody signed in there for too long
)

// exitRecord is how a session ended without success.
type exitRecord struct {
	Failure *apiError `json:"failure,omitempty"`
	Status  string    `json:"status"`
}

func (s *linkSession) updateMode() bool { return s.token.item != nil }

// itemID is the Item that the session made or repairs; empty while there is none.
func (s *linkSession) itemID() string { return cmp.Or(s.ItemID, s.token.ItemID) }

// open opens Link: in somebody's page, or as the page of a hosted link.
func (g *registry) open(t *linkToken, hosted bool, requestID string) (pane, error) {
	s := &linkSession{ID: uuid.NewString(), registry: g, token: t, Hosted: hosted, StartedAt: g.now(), RequestID: requestID}
	switch {
	case t.item != nil && t.item.Removed:
		return pane{}, plaidError(codeItemNotFound)
	case t.item != nil:
		s.choose(t.item.institution)
	case t.InstitutionID != "":
		s.choose(g.institutions[t.InstitutionID])
	}
	t.Sessions = append(t.Sessions, s)
	g.sessions[s.ID] = s
	s.record("OPEN", nil)
	if s.institution == nil {
		s.show(viewInstitutions)
	} else {
		s.approach()
	}
	return s.pane(), nil
}

func (s *linkSession) choose(in *institution) { s.institution, s.InstitutionID = in, in.id }

// approach shows the chosen bank's first pane, or why nobody gets in there (plaid.com/docs/link/institution-status).
func (s *linkSession) approach() {
	s.Failure = nil
	switch refusal := s.institution.refusal(); {
	case refusal != nil:
		s.fail(refusal)
	case s.institution.oauth:
		s.offerBank()
	default:
		s.show(viewCredentials)
	}
}

func (s *linkSession) show(v view) {
	s.At = v
	meta := reply{"view_name": v}
	switch v { // view_name has other words for some (plaid.com/docs/link/web)
	case viewDevice:
		meta = reply{"view_name": "MFA", "mfa_type": "device"}
	case viewCode:
		meta["mfa_type"] = "code"
	default:
	}
	s.record("TRANSITION_VIEW", meta)
}

// fail shows an error that no form can repair.
func (s *linkSession) fail(failure *apiError) {
	s.Failure = failure
	s.record("ERROR", errorMetadata(failure))
	s.show(viewTrouble)
}

// blocked returns what stands against any login, whoever tries.
func (s *linkSession) blocked() *apiError {
	old := s.token.item
	switch {
	case !s.registry.now().Before(s.token.Expires):
		return plaidError(codeInvalidLinkToken)
	case old != nil && old.Removed:
		return plaidError(codeItemNotFound)
	case old != nil && old.Failure != nil && old.Failure.Type == typeInstitutionError:
		return old.Failure // nobody gets in while the bank itself is the trouble
	}
	return s.institution.refusal()
}

// offerAccounts sets out what the login has at the bank.
func (s *linkSession) offerAccounts() {
	switch {
	case s.updateMode():
		s.Offered = s.token.item.AtBank
	case s.Offered == nil:
		s.Offered = sandboxAccounts(s.institution.currency())
	}
}

// ticked returns the accounts that a pane proposes: in update mode those shared so far, else all.
func (s *linkSession) ticked() []string {
	switch {
	case !s.updateMode():
		return accountIDs(s.Offered)
	case s.token.item.sharesNothing():
		return nil
	}
	return s.token.item.Shared
}

// connect creates or repairs the Item. chosen is nil where nobody was asked to choose accounts.
func (s *linkSession) connect(chosen []string) {
	g := s.registry
	if s.item = s.token.item; s.item != nil {
		s.item.relink(chosen, g.now())
	} else {
		s.item = newItem(s.institution, s.Username, s.token.Products, s.token.WebhookURL, s.Offered, g.now())
		s.item.Shared = chosen
		g.add(s.item)
	}
	s.ItemID, s.PublicToken = s.item.id, g.mintPublicToken(s.item)
	s.password, s.Failure = "", nil
	s.show(viewConnected)
}

func (s *linkSession) end() {
	s.At, s.FinishedAt, s.password = viewOver, s.registry.now(), ""
	s.endVisit()
}

// exitStatus returns at which point the person left, in onExit's words (plaid.com/docs/link/web).
func (s *linkSession) exitStatus() string {
	atPane := map[view]string{
		viewInstitutions: "institution_not_found",
		viewDevice:       "choose_device",
		viewCode:         "requires_code",
		viewAccounts:     "requires_account_selection",
	}
	switch {
	case atPane[s.At] != "":
		return atPane[s.At]
	case s.Failure != nil && s.Failure.Code == codeInstitutionUnsupported:
		return "institution_not_supported"
	case s.institution != nil && s.institution.oauth:
		return "requires_oauth"
	}
	return "requires_credentials"
}

// whole returns an error where something is missing that the steps after a restart rely on.
func (s *linkSession) whole() error {
	at := func(views ...view) bool { return slices.Contains(views, s.At) }
	switch {
	case s.institution == nil && !at(viewInstitutions, viewConnected, viewOver):
		return fmt.Errorf("it is at %s without an institution", s.At)
	case s.item == nil && (at(viewConnected) || at(viewOver) && s.Exit == nil):
		return fmt.Errorf("it is at %s without an Item", s.At)
	case len(s.Visits) == 0 && at(viewOAuth, viewAtBank):
		return fmt.Errorf("it is at %s without a visit", s.At)
	case len(s.Offered) == 0 && at(viewOAuth, viewAtBank, viewAccounts):
		return fmt.Errorf("it is at %s without accounts", s.At)
	case s.Failure == nil && at(viewTrouble):
		return fmt.Errorf("it is at %s without an error", s.At)
	}
	return nil
}
