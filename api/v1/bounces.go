package v1

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"relink/api/web"
	"relink/internal/mailing"
	"relink/internal/signin"
)

type bounceStore interface {
	MailBounced(ctx context.Context, b mailing.BounceReport) (mailing.BouncedMail, error)
}

// bounceRoutes handle POST /v1/mail-bounces.
type bounceRoutes struct {
	store  bounceStore
	nudge  func()
	bodies *bodies
}

// bounceGiven is the report of a mail provider, or of the platform on its behalf, about a mail that it had accepted.
type bounceGiven struct {
	MessageID string             `json:"message_id"`
	Kind      mailing.BounceKind `json:"kind"`
	Permanent bool               `json:"permanent"`
	Detail    string             `json:"detail"`
}

// statusCodes matches the parts of a detail that are stored: SMTP's reply codes and the finer codes of RFC 3463.
var statusCodes = regexp.MustCompile(`\b[245](\d\d|\.\d{1,3}\.\d{1,3})\b`)

// codesKept is the most status codes that are stored of a report.
const codesKept = 4

// take records that a mail came back. Only the status codes of the detail are stored, because its words often name a
// person.
func (b bounceRoutes) take(w http.ResponseWriter, r *http.Request) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	var given bounceGiven
	wrong, err := b.bodies.read(r, &given)
	if err != nil {
		return err
	}
	messageID := strings.Trim(strings.TrimSpace(given.MessageID), "<>")
	if messageID == "" {
		wrong.Field("/message_id", "is missing")
	}
	if given.Kind != mailing.Bounce && given.Kind != mailing.Complaint {
		wrong.Field("/kind", "is neither bounce nor complaint")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	mail, err := b.store.MailBounced(r.Context(), mailing.BounceReport{
		MessageID: messageID, Kind: given.Kind, Permanent: given.Permanent,
		Codes: strings.Join(statusCodes.FindAllString(given.Detail, codesKept), " "), By: caller.Subject, At: time.Now(),
	})
	if errors.Is(err, mailing.ErrUnknownMail) {
		return web.RefuseField(web.NotFound, "/message_id", "is that of no mail of ours", err)
	}
	if err != nil {
		return err
	}
	b.nudge()
	return web.WriteJSON(w, http.StatusOK, mail)
}
