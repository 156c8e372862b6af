package page

import (
	"io"
	"net/url"

	"relink/internal/wording"
)

// stopping is the question whether reminders are to stop.
type stopping struct {
	notice
	Action string // where the button leads
}

// Unsubscribe writes the page that asks whether reminders are to stop: one button, and nothing happens without it. The
// locale must come from the request: a made-up token is answered the same.
func (p *Pages) Unsubscribe(w io.Writer, locale, token string) error {
	ask, _ := stopWords(wording.Match(locale))
	return p.render(w, "unsubscribe.html", stopping{notice: p.stop(locale, ask), Action: "/unsubscribe/" + url.PathEscape(token)})
}

// Unsubscribed writes the page after that.
func (p *Pages) Unsubscribed(w io.Writer, locale string) error {
	_, done := stopWords(wording.Match(locale))
	return p.render(w, "notice.html", p.stop(locale, done))
}

// stop completes a notice as all our pages are.
func (p *Pages) stop(locale string, n notice) notice {
	words := p.in(locale)
	n.Lang, n.Foot, n.Sign = string(words.locale), words.problem.Foot, "mail"
	return n
}

// stopWords are the question and what is said after it, in each language.
func stopWords(l wording.Locale) (ask, done notice) {
	switch l {
	case wording.Spanish:
		return notice{
			Title: "¿No recibir más recordatorios?", Button: "No recibir más recordatorios",
			Text: "No le enviaremos más correos sobre sus conexiones bancarias. Si una se detiene, no se lo avisaremos por correo.",
			Todo: "Una persona de nuestro equipo lo sabrá y puede ponerse en contacto con usted de otra forma.",
		}, notice{
			Title: "No le enviaremos más recordatorios",
			Text:  "Es posible que todavía llegue algún correo que ya estaba en camino.",
			Todo:  "Una persona de nuestro equipo lo sabe. Puede cerrar esta página.",
		}
	case wording.French:
		return notice{
			Title: "Ne plus recevoir de rappels\u00a0?", Button: "Ne plus recevoir de rappels",
			Text: "Nous ne vous enverrons plus d’e-mails sur vos connexions bancaires. Si l’une d’elles s’arrête, vous n’en serez pas prévenu par e-mail.",
			Todo: "Une personne de notre équipe le saura et pourra vous joindre autrement.",
		}, notice{
			Title: "Vous ne recevrez plus de rappels",
			Text:  "Un e-mail déjà en route peut encore vous parvenir.",
			Todo:  "Une personne de notre équipe est au courant. Vous pouvez fermer cette page.",
		}
	case wording.German:
		return notice{
			Title: "Keine Erinnerungen mehr?", Button: "Erinnerungen abbestellen",
			Text: "Wir schicken Ihnen dann keine Mails mehr zu Ihren Verbindungen zu Banken. Auch wenn eine davon ausfällt, erfahren Sie es nicht per Mail.",
			Todo: "Jemand aus unserem Team erfährt davon und kann sich auf anderem Weg bei Ihnen melden.",
		}, notice{
			Title: "Sie bekommen keine Erinnerungen mehr",
			Text:  "Eine Mail, die schon unterwegs ist, kann noch ankommen.",
			Todo:  "Jemand aus unserem Team weiß Bescheid. Sie können diese Seite schließen.",
		}
	case wording.English:
	}
	return notice{
		Title: "Stop the reminders?", Button: "Stop the reminders",
		Text: "We will send you no more mails about your bank connections. When one of them stops, you will not hear of it by mail.",
		Todo: "A person of our team will know, and may reach you another way.",
	}, notice{
		Title: "You will get no more reminders",
		Text:  "A mail that is on its way already may still arrive.",
		Todo:  "A person of our team knows. You can close this page.",
	}
}
