package describe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/readmodel"
)

// Entry is one line of an Item's timeline, in English.
type Entry struct {
	// Who names the actor: plaid, relink, merchant or mail.
	Who string
	// Tone is bad, good, or empty.
	Tone         string
	What, Detail string
	// Ref is where it is stored: "audit 3", "inbox 17".
	Ref string
	// Record is the exact data as indented JSON; empty when there is none.
	Record string
}

// particulars are the fields that the data of an entry may have. Data of another shape leaves them empty. The page
// shows the data as it is stored as well.
type particulars struct {
	Incident   int                    `json:"incident"`
	To         item.State             `json:"to"`
	Cause      item.Cause             `json:"cause"`
	PlaidSays  string                 `json:"plaid_says"`
	By         item.Evidence          `json:"by"`
	Why        string                 `json:"why"`
	EndsAt     time.Time              `json:"ends_at"`
	Kind       string                 `json:"kind"`
	Failure    string                 `json:"failure"`
	Reason     mailing.SuppressReason `json:"reason"`
	Codes      string                 `json:"codes"`
	Status     string                 `json:"status"`
	ErrorCode  string                 `json:"error_code"`
	Expires    time.Time              `json:"link_token_expires_at"`
	OfTheError *struct {
		Code   string `json:"error_code"`
		Reason string `json:"error_code_reason"`
	} `json:"error"`
}

// TimelineEntry describes one entry of a timeline.
func TimelineEntry(t readmodel.TimelineEntry) Entry {
	e := Entry{Who: "relink", Ref: t.Ref}
	var p particulars
	_ = json.Unmarshal(t.Data, &p) // fields that cannot be read stay empty
	if code, ok := strings.CutPrefix(t.What, "webhook "); ok {
		e.webhook(code, p)
	} else {
		e.own(t.What, p)
	}
	var record bytes.Buffer
	if json.Indent(&record, t.Data, "", "  ") == nil && record.Len() > len("{}") {
		e.Record = record.String()
	}
	return e
}

func (e *Entry) webhook(code string, p particulars) {
	e.Who = "plaid"
	e.What = "Plaid sent " + strings.ReplaceAll(code, "/", ": ")
	if p.OfTheError != nil && p.OfTheError.Code != "" {
		e.Detail = p.OfTheError.Code
		if p.OfTheError.Reason != "" {
			e.Detail += ", " + p.OfTheError.Reason
		}
	}
}

func (e *Entry) own(what string, p particulars) {
	asked := ""
	if p.PlaidSays != "" {
		asked = "Plaid was asked, and says " + p.PlaidSays
	}
	switch what {
	case "enrolled":
		e.What, e.Tone = "Enrolled", "good"
	case "shadow_began":
		e.What, e.Detail = "Shadow mode began", "Mails are recorded and not sent"
	case "shadow_ended":
		e.What, e.Detail = "Shadow mode ended", "Mails go out again"
	case "incident_opened":
		e.What, e.Tone = fmt.Sprintf("Incident %d opened: %s", p.Incident, Lower(Cause(p.Cause), State(p.To))), "bad"
		e.Detail = evidence(p.By, asked)
		e.ends(p)
	case "incident_changed":
		e.What, e.Tone = fmt.Sprintf("Incident %d changed: %s", p.Incident, Lower(Cause(p.Cause), State(p.To))), "bad"
		e.Detail = evidence(p.By, asked)
		e.ends(p)
	case "incident_escalated":
		e.What, e.Tone = fmt.Sprintf("Incident %d needs a person", p.Incident), "bad"
		e.Detail = cmp.Or(Capital(p.Why), "All reminders have been sent")
	case "incident_closed":
		e.What, e.Tone = fmt.Sprintf("Incident %d closed", p.Incident), "good"
		e.Detail = evidence(cmp.Or(p.By, item.SaysHealthy), asked)
		if p.To == item.Removed {
			e.What, e.Tone = "The Item is removed", "bad"
		}
	case "incident_ordered":
		e.What, e.Detail = "An operator acted", Capital(p.Why)
	case "incident_rule_violation":
		e.What, e.Detail, e.Tone = "Our own rules refused a change of the Item", Capital(p.Why), "bad"
	case "mail_sent", "mail_failed", "mail_shadowed":
		e.mail(what, p)
	case "mail_suppressed":
		e.What, e.Detail, e.Tone = "A mail was not sent", Capital(p.Reason.Sentence()), "bad"
	case "mails_stopped":
		e.What, e.Detail, e.Tone = "Nothing more is mailed to the merchant", Capital(p.Reason.Sentence()), "bad"
	case "mails_resumed":
		e.What, e.Tone = "The merchant may be mailed again", "good"
	case "mail_bounce":
		e.Who, e.What, e.Detail, e.Tone = "mail", "A mail came back", p.Codes, "bad"
	case "mail_complaint":
		e.Who, e.What, e.Tone = "mail", "The merchant called a mail spam", "bad"
	case item.LinkOpened:
		e.Who, e.What = "merchant", "The merchant opened Link"
		if !p.Expires.IsZero() {
			e.Detail = "Mails pause until " + p.Expires.UTC().Format("15:04 UTC")
		}
	case item.LinkFinished:
		e.Who, e.What, e.Detail = "merchant", "The merchant finished Link", "Which makes relink ask Plaid"
	case item.NewLinkRequested:
		e.Who, e.What, e.Detail = "merchant", "The merchant asked for a fresh link", "Which brings the next mail forward"
	case item.LinkLeft:
		e.Who, e.What = "merchant", "The merchant left Link"
		e.Detail = strings.Join(slices.DeleteFunc([]string{p.ErrorCode, p.Status}, func(s string) bool { return s == "" }), ", ")
	default:
		e.What = sentence(what)
	}
}

func (e *Entry) mail(what string, p particulars) {
	e.Who = "mail"
	mail := "A mail"
	switch item.MailKind(p.Kind) {
	case item.Reminder:
		mail = "A reminder"
	case item.Expires:
		mail = "A mail about the end ahead"
	case item.Reconnected:
		mail = "The thanks"
	}
	e.What = mail + " went to the merchant"
	switch what {
	case "mail_shadowed":
		e.What, e.Detail = mail+" was recorded and not sent", "Shadow mode"
	case "mail_failed":
		e.What, e.Detail, e.Tone = mail+" could not be delivered", p.Failure, "bad"
	}
}

// ends adds until when an expiring Item works.
func (e *Entry) ends(p particulars) {
	if p.To == item.Expiring && !p.EndsAt.IsZero() {
		e.Detail = strings.TrimPrefix(e.Detail+". It works until "+p.EndsAt.UTC().Format("2 January 2006, 15:04 UTC"), ". ")
	}
}

// evidence returns what an incident was opened or closed by. asked is what Plaid answered then.
func evidence(by item.Evidence, asked string) string {
	switch by {
	case item.SaysError:
		return asked
	case item.SaysHealthy:
		return "Plaid was asked, and says that the Item is healthy"
	case item.SaysGone:
		return "Plaid was asked, and does not know the Item"
	case item.ExpiryAnnounced:
		return "Plaid announced it in a signed webhook"
	case item.ExpiryNear:
		return "Plaid was asked, and names the end of the consent"
	case item.ConsentMoved:
		return "Plaid was asked, and the consent now ends later"
	case item.LinkedSince:
		return "The merchant finished Link since the end was known"
	case item.ExpiryPassed:
		return "The end has passed, and Plaid names no error"
	case item.ByOperator:
		return "An operator wanted it"
	}
	return asked
}
