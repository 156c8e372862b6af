package sandbox

// pane is what Link's page shows after a step, and what it has to tell the embedding page.
type pane struct {
	LinkSessionID string          `json:"link_session_id"`
	View          view            `json:"view"`
	ClientName    string          `json:"client_name"`
	IsUpdateMode  bool            `json:"is_update_mode"`
	OAuth         bool            `json:"oauth"`
	Warning       string          `json:"warning,omitempty"`
	Note          note            `json:"note,omitempty"`
	Institution   reply           `json:"institution"`
	Institutions  []reply         `json:"institutions,omitempty"`
	Devices       []device        `json:"devices,omitempty"`
	Device        string          `json:"device,omitempty"` // the label of the chosen one
	Accounts      []accountChoice `json:"accounts,omitempty"`
	// BankURL is the path of the OAuth bank's own page. MayRedirect: the same window may go there.
	BankURL     string    `json:"bank_url,omitempty"`
	MayRedirect bool      `json:"may_redirect,omitempty"`
	MayRetry    bool      `json:"may_retry,omitempty"`
	MayChoose   bool      `json:"may_choose,omitempty"` // another bank
	Error       *apiError `json:"error"`
	// Events are those that the page has not been given yet, oldest first.
	Events  []linkEvent `json:"events"`
	Outcome reply       `json:"outcome,omitempty"` // what Link hands to the page, with the callback it does so by
	// CompletionURI is where a hosted page goes at the end.
	CompletionURI string `json:"completion_redirect_uri,omitempty"`

	itemID string
	idle   bool // nothing has changed
}

// shownClientName is the app's name. Link shows longer names as "This Application" (schema
// LinkTokenCreateRequest.client_name).
func (t *linkToken) shownClientName() string {
	if len([]rune(t.ClientName)) <= 30 {
		return t.ClientName
	}
	return "This Application"
}

// pane shows the session with the events that the page does not have yet.
func (s *linkSession) pane() pane {
	p := pane{
		LinkSessionID: s.ID, View: s.At, ClientName: s.token.shownClientName(), IsUpdateMode: s.updateMode(), Note: s.Note,
		Institution: s.institutionName(), Error: s.Failure.view(), Events: append([]linkEvent{}, s.Events[s.Given:]...),
		itemID: s.itemID(), idle: s.At == viewAtBank && s.Given == len(s.Events),
	}
	s.Given = len(s.Events)
	if s.institution != nil {
		p.OAuth = s.institution.oauth
		if s.institution.Logins == degraded {
			p.Warning = s.institution.name + " may have connection trouble at the moment."
		}
	}
	s.fill(&p)
	return p
}

// fill adds what the pane of this view has beyond the others.
func (s *linkSession) fill(p *pane) {
	switch s.At {
	case viewInstitutions:
		for _, in := range institutions() {
			if in.servesAny(s.token.Countries) {
				p.Institutions = append(p.Institutions, in.named())
			}
		}
	case viewDevice:
		p.Devices = devices()
	case viewCode:
		for _, d := range devices() {
			if d.ID == s.Device {
				p.Device = d.Label
			}
		}
	case viewOAuth, viewAtBank:
		p.BankURL, p.MayRedirect = bankPath+s.visit().ID, s.Hosted || s.token.RedirectURI != ""
	case viewAccounts:
		p.Accounts = accountChoices(s.Offered, s.ticked())
	case viewTrouble:
		p.MayRetry = s.institution.refusal() == nil && s.Failure.Code != codeInvalidLinkToken && s.Failure.Code != codeItemNotFound
		p.MayChoose = !s.token.preselected() && s.Failure.Code != codeInvalidLinkToken
	case viewOver:
		p.Outcome = s.outcome()
		if s.Hosted {
			p.CompletionURI = s.token.Hosted.CompletionURI
		}
	case viewCredentials, viewConnected:
	}
}

// outcome is what a session that is over hands to the page.
func (s *linkSession) outcome() reply {
	if s.Exit != nil {
		return reply{"callback": "onExit", "error": s.Exit.Failure.view(), "metadata": s.exitMetadata()}
	}
	metadata := s.successMetadata()
	metadata["public_token"] = s.PublicToken
	return reply{"callback": "onSuccess", "public_token": s.PublicToken, "metadata": metadata}
}

// refusedToOpen is onExit for a session that never started, such as one with an expired link token.
func refusedToOpen(failure *apiError, requestID string) reply {
	metadata := reply{"institution": nil, "status": nil, "link_session_id": "", "request_id": requestID}
	return reply{"callback": "onExit", "error": failure.view(), "metadata": metadata}
}
