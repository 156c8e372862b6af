package localplaid

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

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
		Institution: s.institution.named(), Error: s.Failure.view(), Events: append([]linkEvent{}, s.Events[s.Given:]...),
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

// linkEvent is one entry of a session's events, as /link/token/get shows it and onEvent hands it to the page.
type linkEvent struct {
	EventID   string    `json:"event_id"`
	EventName string    `json:"event_name"`
	Timestamp time.Time `json:"timestamp"`
	Metadata  reply     `json:"event_metadata"` // only what the event has (schema LinkEventMetadata)
}

func errorMetadata(e *apiError) reply {
	if e == nil {
		return reply{}
	}
	return reply{"error_type": e.Type, "error_code": e.Code, "error_message": e.Message}
}

// record notes an event. meta may be nil.
func (s *linkSession) record(name string, meta reply) {
	all := reply{"request_id": s.RequestID}
	maps.Copy(all, meta)
	if s.institution != nil {
		all["institution_id"], all["institution_name"] = s.institution.id, s.institution.name
	}
	s.Events = append(s.Events, linkEvent{EventID: uuid.NewString(), EventName: name, Timestamp: s.registry.now(), Metadata: all})
}

func (s *linkSession) newestFirst() []linkEvent {
	events := slices.Clone(s.Events)
	slices.Reverse(events)
	return events
}

// view is the session in /link/token/get, with its newest event first, as in Plaid's example. A finished update-mode
// session shows its success by HANDOFF and on_success, since Link calls onSuccess there too. Whether Plaid lists an
// update under item_add_results is not documented, so nobody may learn here to depend on it.
func (s *linkSession) view() reply {
	v := reply{
		"link_session_id": s.ID, "started_at": s.StartedAt, "finished_at": orNull(s.FinishedAt), "events": s.newestFirst(),
		"results": nil, "exit": nil,
		"on_success": nil, "on_exit": nil, // older forms of the two before, deprecated and still there
	}
	switch {
	case s.Exit != nil:
		exit := reply{"error": s.Exit.Failure.view(), "metadata": s.exitMetadata()}
		v["exit"], v["on_exit"] = exit, exit
	case s.At == viewOver:
		added := []reply{}
		if !s.updateMode() {
			added = append(added, reply{
				"public_token": s.PublicToken, "institution": s.institution.named(), "accounts": linkAccounts(s.item.accounts()),
			})
		}
		v["results"] = reply{"item_add_results": added}
		v["on_success"] = reply{"public_token": s.PublicToken, "metadata": s.successMetadata()}
	}
	return v
}

func (s *linkSession) successMetadata() reply {
	return reply{
		"institution": s.institution.named(), "accounts": linkAccounts(s.item.accounts()), "link_session_id": s.ID, "transfer_status": nil,
	}
}

// exitMetadata is what onExit gets besides the error.
func (s *linkSession) exitMetadata() reply {
	return reply{
		"institution": s.institution.named(), "status": orNull(s.Exit.Status), "link_session_id": s.ID, "request_id": s.RequestID,
	}
}

// named is the institution as Link shows it; null while none is chosen.
func (in *institution) named() reply {
	if in == nil {
		return nil
	}
	return reply{"name": in.name, "institution_id": in.id}
}
