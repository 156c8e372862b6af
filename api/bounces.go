package api

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"relink/internal/item"
	"relink/internal/signin"
)

// bounceGiven is what a mail provider, or the platform on its behalf, tells of a mail that it had taken.
type bounceGiven struct {
	MessageID string          `json:"message_id"`
	Kind      item.BounceKind `json:"kind"`
	Permanent bool            `json:"permanent"`
	Detail    string          `json:"detail"`
}

// statusCodes are what is kept of a detail: SMTP's replies and the finer codes of RFC 3463.
var statusCodes = regexp.MustCompile(`\b[245](\d\d|\.\d{1,3}\.\d{1,3})\b`)

// codesKept bounds how many status codes a report keeps.
const codesKept = 4

// takeBounce records that a mail came back. Of the detail only the status codes are kept: its words often name a person.
func (s *Server) takeBounce(w http.ResponseWriter, r *http.Request) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	var given bounceGiven
	if err := readJSON(r, &given); err != nil {
		return err
	}
	messageID := strings.Trim(strings.TrimSpace(given.MessageID), "<>")
	switch {
	case messageID == "":
		return badInput("message_id is missing")
	case given.Kind != item.Bounce && given.Kind != item.Complaint:
		return badInput("kind %q is neither bounce nor complaint", given.Kind)
	}
	mail, err := s.Store.MailBounced(r.Context(), item.BounceReport{
		MessageID: messageID, Kind: given.Kind, Permanent: given.Permanent,
		Codes: strings.Join(statusCodes.FindAllString(given.Detail, codesKept), " "), By: caller.Subject, At: time.Now(),
	})
	if errors.Is(err, item.ErrUnknownMail) {
		return refuse(http.StatusNotFound, "no mail of ours has message_id "+clip(messageID), err)
	}
	if err != nil {
		return err
	}
	s.Dispatcher.Nudge()
	return writeJSON(w, http.StatusOK, mail)
}
