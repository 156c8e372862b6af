package page

import (
	"net/url"

	"relink/internal/wording"
)

// message is a page that shows a message and at most one button.
type message struct {
	Lang, Title, Text, Todo, Foot string
	Sign                          sign
	Button, Action                string // its only button and the path of its POST; both empty if there is none
}

// sign names the drawing above a message; empty for none.
type sign string

const (
	clock    sign = "clock"
	envelope sign = "mail"
	alert    sign = "alert"
)

func (c composer) say(m wording.Message, s sign) message {
	return message{
		Lang: string(c.words.Locale), Title: string(m.Title), Text: string(m.Text), Todo: string(m.Todo),
		Foot: string(c.words.Common.Safety), Sign: s,
	}
}

// ask returns a message with a button that posts to action.
func (c composer) ask(q wording.Question, s sign, action string) message {
	m := c.say(wording.Message{Title: q.Title, Text: q.Text, Todo: q.Todo}, s)
	m.Button, m.Action = string(q.Button), action
	return m
}

func (c composer) linkOver(token string) message {
	return c.ask(wording.Question(c.words.Page.LinkOver), clock, "/relink/"+url.PathEscape(token)+"/fresh")
}

func (c composer) problem() message {
	return c.say(wording.Message(c.words.Page.Problem), alert)
}

func (c composer) otherBrowser() message {
	return c.say(wording.Message(c.words.Page.OtherBrowser), envelope)
}

func (c composer) newLinkSent() message {
	return c.say(wording.Message(c.words.Page.NewLinkSent), envelope)
}

func (c composer) stopQuestion(token string) message {
	return c.ask(wording.Question(c.words.Page.StopQuestion), "", "/unsubscribe/"+url.PathEscape(token))
}

func (c composer) stopped() message {
	return c.say(wording.Message(c.words.Page.Stopped), envelope)
}
