package describe

import (
	"cmp"
	"fmt"
	"strings"

	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
	"relink/internal/wording"
)

// State returns the label of a state: "Login required".
func State(s item.State) string {
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

// Cause returns why an Item is broken, or will be: "The bank refuses the saved sign-in". It is empty for no cause.
func Cause(c item.Cause) string { return cmp.Or(wording.CauseLabel(c), sentence(string(c))) }

// WaitsFor returns what an Item in this state waits for, as the end of a sentence that begins "It waits for".
func WaitsFor(s item.State) string {
	switch s {
	case item.Connected:
		return "news from Plaid; nobody has to do anything"
	case item.Expiring:
		return "its merchant, to renew the connection before it ends"
	case item.LoginRequired:
		return "its merchant, to sign in at the bank again"
	case item.Revoked:
		return "its merchant, who withdrew access, to allow it again"
	case item.Removed:
		return "nothing; its life is over"
	default:
		return "something that this version does not know"
	}
}

// Task returns why a person is needed.
func Task(k tasks.Kind) string {
	switch k {
	case tasks.Escalated:
		return "The reminders are over"
	case tasks.Perpetual:
		return "The bank asks every time"
	case tasks.MassBreak:
		return "Many Items broke at once"
	case tasks.StaleData:
		return "No data comes in"
	case tasks.WebhookElsewhere:
		return "Webhooks go elsewhere"
	case tasks.Unsubscribed:
		return "The merchant wants no more mails"
	case tasks.Undeliverable:
		return "Mails do not reach the merchant"
	default:
		return sentence(string(k))
	}
}

// Pause returns which mails a pause stops: "First mails of institution ins_3 are paused".
func Pause(p mailing.Pause) string {
	mails, whose := "Mails", ""
	if p.FirstMails {
		mails = "First mails"
	}
	switch p.Scope {
	case mailing.PauseAll:
		whose = "of everybody"
	case mailing.PauseInstitution, mailing.PausePartner, mailing.PauseMerchant:
		whose = "of " + string(p.Scope) + " " + p.Key
	}
	return strings.TrimSpace(mails+" "+whose) + " are paused"
}

// Incidents returns how many incidents an Item had, and whether the last one is open.
func Incidents(n int, open bool) string {
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

// Count returns a number with its noun: "1 Item", "12 Items".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
