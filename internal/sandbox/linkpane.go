package sandbox

import "slices"

// pane is what Link's page shows after a step, and what it has to tell the embedding page.
type pane struct {
	LinkSessionID string            `json:"link_session_id"`
	View          view              `json:"view"`
	ClientName    string            `json:"client_name"`
	IsUpdateMode  bool              `json:"is_update_mode"`
	OAuth         bool              `json:"oauth"`
	Warning       string            `json:"warning,omitempty"`
	Note          note              `json:"note,omitempty"`
	Institution   *institutionName  `json:"institution"`
	Institutions  []institutionName `json:"institutions,omitempty"`
	Devices       []device          `json:"devices,omitempty"`
	Device        string            `json:"device,omitempty"` // the label of the chosen one
	Accounts      []accountChoice   `json:"accounts,omitempty"`
	// BankURL is the OAuth bank's own page, by its path; MayRedirect says that the same window may go there.
	BankURL     string     `json:"bank_url,omitempty"`
	MayRedirect bool       `json:"may_redirect,omitempty"`
	MayRetry    bool       `json:"may_retry,omitempty"`
	MayChoose   bool       `json:"may_choose,omitempty"` // another bank
	Error       *errorView `json:"error"`
	// Events are those the page has not been given yet, oldest first.
	Events  []linkEvent `json:"events"`
	Outcome any         `json:"outcome,omitempty"`
	// CompletionURI is where a hosted page goes at the end.
	CompletionURI string `json:"completion_redirect_uri,omitempty"`

	itemID string
	hooks  []webhook // to send now
	idle   bool      // nothing has changed
}

// accountChoice is an account in the pane where accounts are chosen.
type accountChoice struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Mask   string `json:"mask"`
	Ticked bool   `json:"ticked"`
}

// successOutcome and exitOutcome are what Link hands to the page, with the callback it does so by.
type successOutcome struct {
	Callback    string          `json:"callback"`
	PublicToken string          `json:"public_token"`
	Metadata    successMetadata `json:"metadata"`
}

type successMetadata struct {
	sessionSuccessMetadata

	PublicToken string `json:"public_token"`
}

type exitOutcome struct {
	Callback string       `json:"callback"`
	Error    *errorView   `json:"error"`
	Metadata exitMetadata `json:"metadata"`
}

// shownClientName is the app's name. Link shows longer names as "This Application" (schema
// LinkTokenCreateRequest.client_name).
func (s *linkSession) shownClientName() string {
	if name := s.token.clientName; len([]rune(name)) <= 30 {
		return name
	}
	return "This Application"
}

// pane shows the session with the events that the page does not have yet.
func (s *linkSession) pane() pane {
	p := pane{
		LinkSessionID: s.id, View: s.at, ClientName: s.shownClientName(), IsUpdateMode: s.updateMode(), Note: s.note,
		Institution: s.institutionName(), Error: s.failure.view(), Events: append([]linkEvent{}, s.events[s.told:]...),
	}
	p.idle = s.at == viewAtBank && s.told == len(s.events)
	s.told = len(s.events)
	if s.item != nil {
		p.itemID = s.item.id
	} else if s.token.item != nil {
		p.itemID = s.token.item.id
	}
	if s.institution != nil {
		p.OAuth = s.institution.oauth
		if s.institution.logins == degraded {
			p.Warning = s.institution.name + " may have connection trouble at the moment."
		}
	}
	s.fill(&p)
	return p
}

// fill adds what the pane of this view has beyond the others.
func (s *linkSession) fill(p *pane) {
	switch s.at {
	case viewInstitutions:
		for _, in := range institutions() {
			if in.servesAny(s.token.countries) {
				p.Institutions = append(p.Institutions, institutionName{Name: in.name, InstitutionID: in.id})
			}
		}
	case viewDevice:
		p.Devices = devices()
	case viewCode:
		for _, d := range devices() {
			if d.ID == s.device {
				p.Device = d.Label
			}
		}
	case viewOAuth, viewAtBank:
		p.BankURL, p.MayRedirect = bankPath+s.visit().id, s.hosted || s.token.redirectURI != ""
	case viewAccounts:
		ticked := s.ticked()
		for _, a := range s.offered {
			p.Accounts = append(p.Accounts, accountChoice{ID: a.ID, Name: a.Name, Mask: a.Mask, Ticked: slices.Contains(ticked, a.ID)})
		}
	case viewTrouble:
		p.MayRetry = s.institution.refusal() == nil && s.failure.code != codeInvalidLinkToken && s.failure.code != codeItemNotFound
		p.MayChoose = !s.token.preselected() && s.failure.code != codeInvalidLinkToken
	case viewOver:
		p.Outcome = s.outcome()
		if s.hosted {
			p.CompletionURI = s.token.hosted.completionURI
		}
	case viewCredentials, viewConnected:
	}
}

// outcome is what a session that is over hands to the page.
func (s *linkSession) outcome() any {
	if s.exited != nil {
		return exitOutcome{Callback: "onExit", Error: s.exited.failure.view(), Metadata: s.exitMetadata()}
	}
	return successOutcome{Callback: "onSuccess", PublicToken: s.publicToken, Metadata: successMetadata{
		sessionSuccessMetadata: s.successMetadata(), PublicToken: s.publicToken,
	}}
}

// refusedToOpen is onExit for a session that never started, such as one with an expired link token.
func refusedToOpen(failure *apiError, requestID string) exitOutcome {
	return exitOutcome{Callback: "onExit", Error: failure.view(), Metadata: exitMetadata{RequestID: requestID}}
}
