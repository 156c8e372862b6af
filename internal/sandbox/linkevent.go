package sandbox

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// linkEvent is one entry of a session's events, as /link/token/get shows it and onEvent hands it to the page.
type linkEvent struct {
	EventID   string        `json:"event_id"`
	EventName string        `json:"event_name"`
	Timestamp time.Time     `json:"timestamp"`
	Metadata  eventMetadata `json:"event_metadata"`
}

// eventMetadata leaves out what an event does not have (schema LinkEventMetadata).
type eventMetadata struct {
	RequestID       string `json:"request_id"`
	ErrorType       string `json:"error_type,omitempty"`
	ErrorCode       string `json:"error_code,omitempty"`
	ErrorMessage    string `json:"error_message,omitempty"`
	ExitStatus      string `json:"exit_status,omitempty"`
	InstitutionID   string `json:"institution_id,omitempty"`
	InstitutionName string `json:"institution_name,omitempty"`
	MFAType         string `json:"mfa_type,omitempty"`
	ViewName        string `json:"view_name,omitempty"`
}

func errorMetadata(e *apiError) eventMetadata {
	if e == nil {
		return eventMetadata{}
	}
	return eventMetadata{ErrorType: e.kind, ErrorCode: e.code, ErrorMessage: e.message}
}

func (s *linkSession) record(now time.Time, name string, meta eventMetadata) {
	meta.RequestID = s.requestID
	if s.institution != nil {
		meta.InstitutionID, meta.InstitutionName = s.institution.id, s.institution.name
	}
	s.events = append(s.events, linkEvent{EventID: uuid.NewString(), EventName: name, Timestamp: now, Metadata: meta})
}

// linkSessionView is a session in /link/token/get.
type linkSessionView struct {
	LinkSessionID string          `json:"link_session_id"`
	StartedAt     time.Time       `json:"started_at"`
	FinishedAt    *time.Time      `json:"finished_at"`
	Results       *sessionResults `json:"results"`
	Exit          *sessionExit    `json:"exit"`
	// OnSuccess and OnExit are older forms of the two above, deprecated and answered all the same.
	OnSuccess *sessionSuccess `json:"on_success"`
	OnExit    *sessionExit    `json:"on_exit"`
	Events    []linkEvent     `json:"events"`
}

type sessionResults struct {
	ItemAddResults []itemAddResult `json:"item_add_results"`
}

type itemAddResult struct {
	PublicToken string           `json:"public_token"`
	Institution *institutionName `json:"institution"`
	Accounts    []linkAccount    `json:"accounts"`
}

// sessionSuccess is what onSuccess got.
type sessionSuccess struct {
	PublicToken string                 `json:"public_token"`
	Metadata    sessionSuccessMetadata `json:"metadata"`
}

type sessionSuccessMetadata struct {
	Institution    *institutionName `json:"institution"`
	Accounts       []linkAccount    `json:"accounts"`
	LinkSessionID  string           `json:"link_session_id"`
	TransferStatus *string          `json:"transfer_status"`
}

type institutionName struct {
	Name          string `json:"name"`
	InstitutionID string `json:"institution_id"`
}

type sessionExit struct {
	Error    *errorView   `json:"error"`
	Metadata exitMetadata `json:"metadata"`
}

// exitMetadata is what onExit gets besides the error.
type exitMetadata struct {
	Institution   *institutionName `json:"institution"`
	Status        *string          `json:"status"`
	LinkSessionID string           `json:"link_session_id"`
	RequestID     string           `json:"request_id"`
}

// view shows a session with its newest event first, as Plaid's example does. A finished update-mode session shows its
// success by HANDOFF and on_success, since Link calls onSuccess there too: whether Plaid lists an update under
// item_add_results is not documented, so nobody may learn here to depend on it.
func (s *linkSession) view() linkSessionView {
	events := slices.Clone(s.events)
	slices.Reverse(events)
	v := linkSessionView{LinkSessionID: s.id, StartedAt: s.startedAt, FinishedAt: timeOrNull(s.finishedAt), Events: events}
	switch {
	case s.exited != nil:
		v.Exit = &sessionExit{Error: s.exited.failure.view(), Metadata: s.exitMetadata()}
		v.OnExit = v.Exit
	case s.at == viewOver:
		v.OnSuccess = &sessionSuccess{PublicToken: s.publicToken, Metadata: s.successMetadata()}
		v.Results = &sessionResults{ItemAddResults: []itemAddResult{}}
		if !s.updateMode() {
			v.Results.ItemAddResults = append(v.Results.ItemAddResults, itemAddResult{
				PublicToken: s.publicToken, Institution: s.institutionName(), Accounts: linkAccounts(s.item.accounts),
			})
		}
	}
	return v
}

func (s *linkSession) successMetadata() sessionSuccessMetadata {
	return sessionSuccessMetadata{Institution: s.institutionName(), Accounts: linkAccounts(s.item.accounts), LinkSessionID: s.id}
}

func (s *linkSession) exitMetadata() exitMetadata {
	return exitMetadata{Institution: s.institutionName(), Status: stringOrNull(s.exited.status), LinkSessionID: s.id, RequestID: s.requestID}
}

func (s *linkSession) institutionName() *institutionName {
	if s.institution == nil {
		return nil
	}
	return &institutionName{Name: s.institution.name, InstitutionID: s.institution.id}
}
