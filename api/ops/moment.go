package ops

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"relink/internal/item"
)

// itemView is what templates/item.html shows, in words.
type itemView struct {
	frame
	Row     row
	Facts   []fact
	Days    []day // newest first
	Moments int
}

type fact struct{ Name, Value string }

type day struct {
	Date    string
	Moments []momentView
}

// momentView is one line of the timeline.
type momentView struct {
	Time, DateTime string
	Who            string // plaid, relink, merchant, mail: the colour of its dot
	Tone           string // bad, good, or empty
	What, Detail   string
	Ref            string
	Record         string // the exact data, indented
}

func itemOf(i Item) itemView {
	card := i.Listed.Card
	v := itemView{
		frame: frame{Title: card.Name(), Environment: i.Environment, Reader: i.Reader},
		Row:   rowOf(i.Listed, i.Now), Moments: len(i.Moments),
	}
	for _, f := range []fact{
		{"Incidents", incidents(i.Listed.Incident, !i.Listed.BrokenSince.IsZero())}, {"Merchant", card.MerchantID}, {"Partner", card.Partner}, {"Institution", card.InstitutionID}, {"Item", string(card.ID)},
	} {
		if f.Value != "" {
			v.Facts = append(v.Facts, f)
		}
	}
	for _, m := range slices.Backward(i.Moments) {
		date := m.At.UTC().Format("Monday, 2 January 2006")
		if n := len(v.Days); n == 0 || v.Days[n-1].Date != date {
			v.Days = append(v.Days, day{Date: date})
		}
		last := &v.Days[len(v.Days)-1]
		last.Moments = append(last.Moments, momentOf(m))
	}
	return v
}

// particulars are what the records of moments may say. One that says it in another shape says less here; its exact data
// is shown all the same.
type particulars struct {
	Incident   int                 `json:"incident"`
	To         item.State          `json:"to"`
	Cause      item.Cause          `json:"cause"`
	PlaidSays  string              `json:"plaid_says"`
	By         item.Evidence       `json:"by"`
	Why        string              `json:"why"`
	EndsAt     time.Time           `json:"ends_at"`
	Kind       string              `json:"kind"`
	Failure    string              `json:"failure"`
	Reason     item.SuppressReason `json:"reason"`
	Codes      string              `json:"codes"`
	Status     string              `json:"status"`
	ErrorCode  string              `json:"error_code"`
	Expires    time.Time           `json:"link_token_expires_at"`
	OfTheError *struct {
		Code   string `json:"error_code"`
		Reason string `json:"error_code_reason"`
	} `json:"error"`
}

func momentOf(m item.Moment) momentView {
	v := momentView{Time: m.At.UTC().Format("15:04:05"), DateTime: m.At.UTC().Format(time.RFC3339), Who: "relink", Ref: m.Ref}
	var p particulars
	_ = json.Unmarshal(m.Data, &p) // what it does not understand stays empty
	if code, ok := strings.CutPrefix(m.What, "webhook "); ok {
		v.webhook(code, p)
	} else {
		v.own(m.What, p)
	}
	var record bytes.Buffer
	if json.Indent(&record, m.Data, "", "  ") == nil && record.Len() > len("{}") {
		v.Record = record.String()
	}
	return v
}

func (v *momentView) webhook(code string, p particulars) {
	v.Who = "plaid"
	v.What = "Plaid sent " + strings.ReplaceAll(code, "/", ": ")
	if p.OfTheError != nil && p.OfTheError.Code != "" {
		v.Detail = p.OfTheError.Code
		if p.OfTheError.Reason != "" {
			v.Detail += ", " + p.OfTheError.Reason
		}
	}
}

func (v *momentView) own(what string, p particulars) {
	asked := ""
	if p.PlaidSays != "" {
		asked = "Plaid was asked, and says " + p.PlaidSays
	}
	switch what {
	case "enrolled":
		v.What, v.Tone = "Enrolled", "good"
	case "shadow_began":
		v.What, v.Detail = "Shadow mode began", "Mails are recorded and not sent"
	case "shadow_ended":
		v.What, v.Detail = "Shadow mode ended", "Mails go out again"
	case "incident_opened":
		v.What, v.Detail, v.Tone = fmt.Sprintf("Incident %d opened: %s", p.Incident, lower(causeLabel(p.Cause), stateLabel(p.To))), evidenceLabel(p.By, asked), "bad"
		v.ends(p)
	case "incident_changed":
		v.What, v.Detail, v.Tone = fmt.Sprintf("Incident %d changed: %s", p.Incident, lower(causeLabel(p.Cause), stateLabel(p.To))), evidenceLabel(p.By, asked), "bad"
		v.ends(p)
	case "incident_escalated":
		v.What, v.Detail, v.Tone = fmt.Sprintf("Incident %d needs a person", p.Incident), cmp.Or(capital(p.Why), "All reminders have been sent"), "bad"
	case "incident_closed":
		v.What, v.Detail, v.Tone = fmt.Sprintf("Incident %d closed", p.Incident), evidenceLabel(cmp.Or(p.By, item.SaysHealthy), asked), "good"
		if p.To == item.Removed {
			v.What, v.Tone = "The Item is removed", "bad"
		}
	case "incident_ordered":
		v.What, v.Detail = "An operator acted", capital(p.Why)
	case "incident_rule_violation":
		v.What, v.Detail, v.Tone = "Our own rules refused a change of the Item", capital(p.Why), "bad"
	case "mail_sent", "mail_failed", "mail_shadowed":
		v.mail(what, p)
	case "mail_suppressed":
		v.What, v.Detail, v.Tone = "A mail was not sent", capital(p.Reason.Sentence()), "bad"
	case "mails_stopped":
		v.What, v.Detail, v.Tone = "Nothing more is mailed to the merchant", capital(p.Reason.Sentence()), "bad"
	case "mails_resumed":
		v.What, v.Tone = "The merchant may be mailed again", "good"
	case "mail_bounce":
		v.Who, v.What, v.Detail, v.Tone = "mail", "A mail came back", p.Codes, "bad"
	case "mail_complaint":
		v.Who, v.What, v.Tone = "mail", "The merchant called a mail spam", "bad"
	case item.LinkOpened:
		v.Who, v.What = "merchant", "The merchant opened Link"
		if !p.Expires.IsZero() {
			v.Detail = "Mails pause until " + p.Expires.UTC().Format("15:04 UTC")
		}
	case item.LinkFinished:
		v.Who, v.What, v.Detail = "merchant", "The merchant finished Link", "Which makes relink ask Plaid"
	case item.FreshAsked:
		v.Who, v.What, v.Detail = "merchant", "The merchant asked for a fresh link", "Which brings the next mail forward"
	case item.LinkLeft:
		v.Who, v.What = "merchant", "The merchant left Link"
		v.Detail = strings.Join(slices.DeleteFunc([]string{p.ErrorCode, p.Status}, func(s string) bool { return s == "" }), ", ")
	default:
		v.What = sentence(what)
	}
}

func (v *momentView) mail(what string, p particulars) {
	v.Who = "mail"
	letter := "A mail"
	switch item.LetterKind(p.Kind) {
	case item.Reminder:
		letter = "A reminder"
	case item.Expires:
		letter = "A mail about the end ahead"
	case item.Reconnected:
		letter = "The thanks"
	}
	v.What = letter + " went to the merchant"
	switch what {
	case "mail_shadowed":
		v.What, v.Detail = letter+" was recorded and not sent", "Shadow mode"
	case "mail_failed":
		v.What, v.Detail, v.Tone = letter+" could not be delivered", p.Failure, "bad"
	}
}

// ends says until when an Item that is going to end works.
func (v *momentView) ends(p particulars) {
	if p.To == item.Expiring && !p.EndsAt.IsZero() {
		v.Detail = strings.TrimPrefix(v.Detail+". It works until "+p.EndsAt.UTC().Format("2 January 2006, 15:04 UTC"), ". ")
	}
}

// lower begins the first text that there is in lower case.
func lower(texts ...string) string {
	for _, text := range texts {
		if text != "" && !strings.HasPrefix(text, "Plaid") {
			return strings.ToLower(text[:1]) + text[1:]
		}
		if text != "" {
			return text
		}
	}
	return ""
}

// ItemPath is where the page of an Item is.
func ItemPath(id item.ID) string { return "/ops/items/" + url.PathEscape(string(id)) }
