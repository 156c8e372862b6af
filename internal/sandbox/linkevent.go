package sandbox

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

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
// session shows its success by HANDOFF and on_success, since Link calls onSuccess there too. Whether Plaid lists an update
// under item_add_results is not documented, so nobody may learn here to depend on it.
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
				"public_token": s.PublicToken, "institution": s.institutionName(), "accounts": linkAccounts(s.item.accounts()),
			})
		}
		v["results"] = reply{"item_add_results": added}
		v["on_success"] = reply{"public_token": s.PublicToken, "metadata": s.successMetadata()}
	}
	return v
}

func (s *linkSession) successMetadata() reply {
	return reply{
		"institution": s.institutionName(), "accounts": linkAccounts(s.item.accounts()), "link_session_id": s.ID, "transfer_status": nil,
	}
}

// exitMetadata is what onExit gets besides the error.
func (s *linkSession) exitMetadata() reply {
	return reply{
		"institution": s.institutionName(), "status": orNull(s.Exit.Status), "link_session_id": s.ID, "request_id": s.RequestID,
	}
}

func (s *linkSession) institutionName() reply {
	if s.institution == nil {
		return nil
	}
	return s.institution.named()
}

func (in *institution) named() reply { return reply{"name": in.name, "institution_id": in.id} }
