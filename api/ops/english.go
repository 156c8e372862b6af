package ops

import (
	"cmp"
	"fmt"

	"relink/internal/describe"
	"relink/internal/item"
	"relink/internal/wording"
)

// This file and internal/describe hold every word of the pages that is not in a template.

func headline(waiting, total int) (title, intro string) {
	switch {
	case total == 0:
		return "No Items yet", "They appear here when the platform enrols them."
	case waiting == 0:
		return "Everything is connected", fmt.Sprintf("%s, and nobody has to do anything.", describe.Count(total, "Item"))
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

func orDash(name string) string { return cmp.Or(wording.OneLine(name), "—") }

// messageView is a page that shows a message and at most one link.
type messageView struct {
	frame
	Text         string
	Action, Href string
	Calm         bool // nothing is wrong
}

func messageOf(kind MessageKind, reader Reader) messageView {
	v := messageView{frame: frame{Reader: reader}}
	switch kind {
	case SignedOut:
		v.Title, v.Text, v.Calm = "You are signed out", "This browser shows nothing more until somebody signs in.", true
		v.Action, v.Href = "Sign in", "/signin"
	case Stale:
		v.Title, v.Text = "That sign-in is over", "It took longer than ten minutes, was finished already, or began in another browser."
		v.Action, v.Href = "Sign in", "/signin"
	case Refused:
		v.Title = "You could not be signed in"
		v.Text = "The sign-in did not let you through. If you think it should, ask the person who looks after your account."
		v.Action, v.Href = "Try again", "/signin"
	case Forbidden:
		v.Title = "Your role does not open this page"
		v.Text = "You are signed in, but not as somebody who works with Items. Ask the person who looks after your account for a role."
		if reader.Roles != "" {
			v.Text = "You are signed in as " + reader.Roles + ". Ask the person who looks after your account if you need more."
		}
	case NotFound:
		v.Title, v.Text = "There is no such page", "The link may be incomplete, or the Item is one of another environment."
		v.Action, v.Href = "All connections", "/ops"
	case ServerError:
		v.Title, v.Text = "Something went wrong on our side", "Nothing has changed. Please try again in a minute."
		v.Action, v.Href = "Try again", "/ops"
	}
	return v
}
