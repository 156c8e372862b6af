package ops

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"relink/internal/item"
	"relink/internal/wording"
)

// The words of these pages are in English only: people of the house read them. They stand in this file, in moment.go
// and in the templates. What the causes are called stands in internal/wording, beside what a merchant reads of them.

func stateLabel(s item.State) string {
	switch s {
	case item.Connected:
		return "Connected"
	case item.Expiring:
		return "Expiring"
	case item.LoginRequired:
		return "Login required"
	case item.Revoked:
		return "Revoked"
	case item.Removed:
		return "Removed"
	default:
		return sentence(string(s))
	}
}

func causeLabel(c item.Cause) string { return cmp.Or(wording.CauseLabel(c), sentence(string(c))) }

func taskLabel(k item.TaskKind) string {
	switch k {
	case item.TaskEscalated:
		return "The reminders are over"
	case item.TaskPerpetual:
		return "The bank asks every time"
	case item.TaskMassBreak:
		return "Many Items broke at once"
	case item.TaskStale:
		return "No data comes in"
	case item.TaskWebhook:
		return "Webhooks go elsewhere"
	case item.TaskUnsubscribed:
		return "The merchant wants no more mails"
	case item.TaskUndeliverable:
		return "Mails do not reach the merchant"
	default:
		return sentence(string(k))
	}
}

func pauseLabel(p item.MailPause) string {
	mails, whose := "Mails", ""
	if p.FirstMails {
		mails = "First mails"
	}
	switch p.Scope {
	case item.PauseAll:
		whose = "of everybody"
	case item.PauseInstitution, item.PausePartner, item.PauseMerchant:
		whose = "of " + string(p.Scope) + " " + p.Key
	}
	return strings.TrimSpace(mails+" "+whose) + " are paused"
}

// evidenceLabel says by what evidence an incident was opened or closed. asked is what Plaid said at that time.
func evidenceLabel(by item.Evidence, asked string) string {
	switch by {
	case item.SaysError:
		return asked
	case item.SaysHealthy:
		return "Plaid was asked, and says that the Item is healthy"
	case item.SaysGone:
		return "Plaid was asked, and does not know the Item"
	case item.EndAnnounced:
		return "Plaid announced it in a signed webhook"
	case item.EndNear:
		return "Plaid was asked, and names the end of the consent"
	case item.ConsentMoved:
		return "Plaid was asked, and the consent now ends later"
	case item.LinkedSince:
		return "The merchant finished Link since the end was known"
	case item.EndPassed:
		return "The end has passed, and Plaid names no error"
	case item.ByOperator:
		return "An operator wanted it"
	}
	return asked
}

func headline(waiting, total int) (title, intro string) {
	switch {
	case total == 0:
		return "No Items yet", "They appear here when the platform enrols them."
	case waiting == 0:
		return "Everything is connected", fmt.Sprintf("%s, and nobody has to do anything.", count(total, "Item"))
	case waiting == 1:
		return "1 Item needs somebody", of(waiting, total) + "Its merchant has been asked, or is about to be."
	default:
		return fmt.Sprintf("%d Items need somebody", waiting), of(waiting, total) + "Their merchants have been asked, or are about to be."
	}
}

func of(waiting, total int) string {
	if waiting == total {
		return ""
	}
	return fmt.Sprintf("Of %d. ", total)
}

func emptyList(only item.State) string {
	if only == "" {
		return ""
	}
	return "No Item is in this state now."
}

// sentence makes words of a name that has no label yet: "bank_action" becomes "Bank action".
func sentence(name string) string {
	return capital(strings.ReplaceAll(name, "_", " "))
}

// capital raises the first letter of a text, and leaves the rest: it may hold names.
func capital(text string) string { return wording.Capital(strings.TrimSpace(text)) }

func orDash(name string) string { return cmp.Or(wording.OneLine(name), "—") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// dayAndTime writes a time in UTC, which all pages use, whoever reads them. It adds the year if that is not this year.
func dayAndTime(t, now time.Time) string {
	if t.UTC().Year() == now.UTC().Year() {
		return t.UTC().Format("2 Jan, 15:04 UTC")
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// incidents says how many incidents there were, and whether the last one is open.
func incidents(n int, open bool) string {
	switch {
	case n == 0:
		return "None so far"
	case open && n == 1:
		return "1, open"
	case open:
		return fmt.Sprintf("%d, the last one open", n)
	default:
		return fmt.Sprintf("%d, none open", n)
	}
}

// age writes how long something has lasted, in the largest unit that suits.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "<1 min"
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
}

// noticeView is a page that only says something.
type noticeView struct {
	frame
	Text         string
	Action, Href string
	Calm         bool // nothing is wrong
}

func noticeOf(kind NoticeKind, reader Reader) noticeView {
	v := noticeView{frame: frame{Reader: reader}}
	switch kind {
	case SignedOut:
		v.Title, v.Text, v.Calm = "You are signed out", "This browser shows nothing more until somebody signs in.", true
		v.Action, v.Href = "Sign in", "/signin"
	case Stale:
		v.Title, v.Text = "That sign-in is over", "It took longer than ten minutes, was finished already, or began in another browser."
		v.Action, v.Href = "Sign in", "/signin"
	case Refused:
		v.Title = "You could not be signed in"
		v.Text = "The sign-in did not let you through. If you think it should, ask whoever looks after your account."
		v.Action, v.Href = "Try again", "/signin"
	case Forbidden:
		v.Title = "Your role does not open this page"
		v.Text = "You are signed in, but not as somebody who works with Items. Ask whoever looks after your account for a role."
		if reader.Roles != "" {
			v.Text = "You are signed in as " + reader.Roles + ". Ask whoever looks after your account if you need more."
		}
	case NotFound:
		v.Title, v.Text = "There is no such page", "The link may be incomplete, or the Item is one of another environment."
		v.Action, v.Href = "All connections", "/ops"
	case Trouble:
		v.Title, v.Text = "Something went wrong on our side", "Nothing has changed. Please try again in a minute."
		v.Action, v.Href = "Try again", "/ops"
	}
	return v
}
