package sandbox

// pane is what Link's page shows after a step, and what it has to tell the embedding page.
type pane struct {
	LinkSessionID string            `json:"link_session_id"`
	View          view              `json:"view"`
	ClientName    string            `json:"client_name"`
	IsUpdateMode  bool              `json:"is_update_mode"`
	OAuth         bool              `json:"oauth"`
	Warning       string            `json:"warning,omitempty"`
	Institution   *institutionName  `json:"institution"`
	Institutions  []institutionName `json:"institutions,omitempty"`
	Error         *errorView        `json:"error"`
	// Events are those of this step, oldest first.
	Events  []linkEvent `json:"events"`
	Outcome any         `json:"outcome,omitempty"`

	itemID string
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

// pane shows the session and the events from the given position on.
func (s *linkSession) pane(eventsFrom int) pane {
	p := pane{
		LinkSessionID: s.id, View: s.at, ClientName: s.token.clientName, IsUpdateMode: s.updateMode(),
		Institution: s.institutionName(), Error: s.failure.view(), Events: append([]linkEvent{}, s.events[eventsFrom:]...),
	}
	// Link shows longer names as "This Application" (schema LinkTokenCreateRequest.client_name).
	if len([]rune(p.ClientName)) > 30 {
		p.ClientName = "This Application"
	}
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
	switch {
	case s.at == viewInstitutions:
		for _, in := range institutions() {
			if in.servesAny(s.token.countries) {
				p.Institutions = append(p.Institutions, institutionName{Name: in.name, InstitutionID: in.id})
			}
		}
	case s.at == viewOver && s.exited != nil:
		p.Outcome = exitOutcome{Callback: "onExit", Error: s.exited.failure.view(), Metadata: s.exitMetadata()}
	case s.at == viewOver:
		p.Outcome = successOutcome{Callback: "onSuccess", PublicToken: s.publicToken, Metadata: successMetadata{
			sessionSuccessMetadata: s.successMetadata(), PublicToken: s.publicToken,
		}}
	}
	return p
}

// refusedToOpen is onExit for a session that never started, such as one with an expired link token.
func refusedToOpen(failure *apiError, requestID string) exitOutcome {
	return exitOutcome{Callback: "onExit", Error: failure.view(), Metadata: exitMetadata{RequestID: requestID}}
}
