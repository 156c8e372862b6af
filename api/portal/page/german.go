package page

import "relink/internal/wording"

const safeGerman = "Wir fragen nie per Mail oder Telefon nach Ihrem Bankpasswort."

func german() catalog {
	return catalog{
		locale: wording.German,
		months: [12]string{
			"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
		},
		dayMonth: "{day}. {month}",
		someBank: "Ihre Bank", someone: "Ihr Unternehmen",

		pageFor: "Für {business}",
		since:   "Seit dem {date} kommt nichts mehr an.",
		until:   "Sie funktioniert bis zum {date}, vorher hört nichts auf.",
		button:  "{bank} neu verbinden",
		renew:   "{bank} erneuern",
		many:    titled{"{count} Bankverbindungen brauchen Sie", "Jede dauert etwa eine Minute. Sie können eine nach der anderen erledigen."},
		allWell: titled{"Alles ist verbunden", "Sie müssen nichts tun. Sie können diese Seite schließen."},
		allElse: titled{"Eine Bankverbindung ist beendet", "Sie lässt sich hier nicht reparieren. Das können Sie tun."},
		held: titled{
			"{bank} antwortet im Moment nicht",
			"Das liegt an der Bank, nicht an Ihnen, und Sie können jetzt nichts tun. Wir schreiben Ihnen, sobald sie wieder antwortet.",
		},
		heldAll: titled{"Ihre Banken antworten im Moment nicht", "Sie können jetzt nichts tun. Wir schreiben Ihnen, sobald sie wieder antworten."},

		worksThen: titled{
			"Was dann wieder funktioniert",
			"Ihre Umsätze und Salden kommen wieder an, und alles, was sie braucht, läuft von selbst weiter. Sie müssen niemandem Bescheid geben.",
		},
		worksOn: titled{
			"Was weiter funktioniert",
			"Ihre Umsätze und Salden kommen ohne Lücke weiter an. Sie müssen niemandem Bescheid geben.",
		},

		pillWaits: "Braucht Sie", pillEnds: "Endet bald", pillHeld: "Bank gestört", pillWorks: "Verbunden", pillEnded: "Beendet",

		labels: labels{
			WhatToDo: "Was zu tun ist",
			Secure:   "Öffnet ein sicheres Fenster. Ihr Passwort sehen wir nie.",
			NoScript: "Um weiterzumachen, braucht diese Seite JavaScript. Bitte schalten Sie es im Browser ein, oder öffnen Sie den Link auf einem anderen Gerät.",
			Details:  "Wer was sieht, und wie Sie es beenden",
			Sharing: []titled{
				{"Ihr Passwort", "Sie geben es in ein Fenster von Plaid ein, einer Firma, die Konten bei Tausenden Banken verbindet, oder auf den Seiten Ihrer Bank. Zu uns gelangt es nie."},
				{"Was wir sehen", "Das, womit Sie bei der ersten Verbindung einverstanden waren: in der Regel Salden und Umsätze der Konten, die Sie auswählen."},
				{"Wofür", "Damit der Dienst, bei dem Sie sich angemeldet haben, weiter funktioniert, ohne dass Sie Auszüge schicken müssen."},
				{"Wie Sie es beenden", "Wann immer Sie wollen, bei Ihrer Bank oder auf my.plaid.com. Dann wird sofort nichts mehr geteilt."},
			},
		},
		script: []word{
			{"opening", "Das sichere Fenster öffnet sich…"},
			{"opened", "Bitte schließen Sie den Vorgang in dem Fenster ab, das sich geöffnet hat."},
			{"leaving", "Wir bringen Sie auf die sichere Seite…"},
			{"resuming", "Willkommen zurück. Es geht weiter mit {bank}…"},
			{"verifying", "Wir fragen bei {bank} nach. Das dauert einige Sekunden…"},
			{"done", "Verbunden. Sie können diese Seite schließen."},
			{"done-more", "Verbunden. Bitte machen Sie mit der nächsten Bank weiter."},
			{"already", "Es funktioniert schon: Hier ist nichts mehr zu tun. Sie können diese Seite schließen."},
			{"later", "{bank} hat es noch nicht bestätigt. Sie können diese Seite schließen: Wir schreiben Ihnen, wenn es bestätigt ist oder wenn noch etwas fehlt."},
			{"unsure", "{bank} hat die Verbindung nicht bestätigt. Wenn Sie bis zum Ende gekommen sind, können Sie diese Seite schließen: Wir schreiben Ihnen, sobald sie bestätigt ist. Wenn Sie vorher aufgehört haben, versuchen Sie es bitte noch einmal."},
			{"untold", "Bei {bank} sind Sie fertig, aber wir waren nicht erreichbar, um es zu prüfen. Bitte öffnen Sie diese Seite in einer Minute noch einmal."},
			{"closed", "Das Fenster wurde geschlossen, bevor {bank} verbunden war. Es hat sich nichts geändert, und Sie können es jederzeit noch einmal versuchen."},
			{"wrong-password", "{bank} hat diesen Benutzernamen und dieses Passwort nicht angenommen. Probieren Sie beides zuerst auf der Website oder in der App der Bank. Wenn es dort geht, versuchen Sie es hier noch einmal."},
			{"wrong-code", "{bank} hat diesen Code nicht angenommen. Codes gelten nur kurz: Versuchen Sie es noch einmal mit dem neuesten."},
			{"bank-first", "{bank} möchte zuerst etwas von Ihnen. Melden Sie sich auf ihrer Website oder in ihrer App an, tun Sie, was dort verlangt wird, und versuchen Sie es dann hier noch einmal."},
			{"other-login", "Das war nicht der Benutzername, mit dem diese Verbindung angelegt wurde. Bitte versuchen Sie es noch einmal mit dem von damals."},
			{"too-slow", "Das hat länger gedauert, als das Fenster wartet. Bitte versuchen Sie es noch einmal."},
			{"no-accounts", "{bank} zeigt mit dieser Anmeldung kein passendes Konto. Bitte versuchen Sie es noch einmal mit der Anmeldung, zu der Ihr Geschäftskonto gehört."},
			{"not-offered", "{bank} lässt sich so im Moment nicht verbinden. Bitte sagen Sie es der Person, die Ihnen diesen Link geschickt hat, damit Ihnen ein Mensch hilft."},
			{"popup", "Die Seite von {bank} wurde geschlossen, oder Ihr Browser hat sie nicht geöffnet. Wenn Sie keine solche Seite gesehen haben, erlauben Sie hier Pop-ups, oder öffnen Sie unsere Mail in Safari oder Chrome. Versuchen Sie es dann noch einmal."},
			{"lost", "Seit Sie zu {bank} gegangen sind, ist zu viel Zeit vergangen. Bitte beginnen Sie hier noch einmal."},
			{"window-trouble", "Das sichere Fenster hatte selbst eine Störung. Das ist nicht Ihre Schuld. Bitte versuchen Sie es in einigen Minuten noch einmal."},
			{"blocked", "Das sichere Fenster ließ sich nicht laden. Bitte prüfen Sie Ihre Internetverbindung, oder schalten Sie einen Inhaltsblocker für diese Seite ab, und versuchen Sie es noch einmal."},
			{"trouble", "Wir waren gerade nicht erreichbar. Bitte prüfen Sie Ihre Internetverbindung und versuchen Sie es noch einmal."},
			{"label-opening", "Öffnet sich…"},
			{"label-checking", "Wird geprüft…"},
			{"label-again", "Noch einmal versuchen"},
			{"connected-headline", "{bank} ist verbunden"},
			{"many-wait", "{left} Bankverbindungen brauchen Sie noch"},
			{"one-waits", "Eine Bankverbindung braucht Sie noch"},
			{"none-waits", "Im Moment ist nichts mehr zu verbinden"},
		},
		over: notice{
			Title:  "Dieser Link gilt nicht mehr",
			Text:   "Unsere Links gelten 7 Tage, und nur für die Person, an die sie geschickt wurden.",
			Todo:   "Öffnen Sie unsere neueste Mail und nehmen Sie den Link darin. Oder lassen Sie sich einen neuen an die hinterlegte Adresse schicken.",
			Button: "Neuen Link schicken",
			Sign:   "clock", Foot: safeGerman,
		},
		problem: notice{
			Title: "Bei uns ist etwas schiefgegangen",
			Text:  "Es ist nicht Ihre Schuld, und bei Ihrer Bank hat sich nichts geändert.",
			Todo:  "Bitte versuchen Sie es in einer Minute noch einmal: Laden Sie diese Seite neu, oder öffnen Sie den Link in unserer Mail noch einmal.",
			Sign:  "alert", Foot: safeGerman,
		},
		elsewhere: notice{
			Title: "Bitte öffnen Sie die Mail noch einmal",
			Text:  "Ihre Bank hat Sie in einen anderen Browser zurückgebracht als den, in dem Sie begonnen haben. Was Sie bei der Bank getan haben, ist nicht verloren.",
			Todo:  "Öffnen Sie unsere Mail noch einmal und tippen Sie auf den Knopf. Die Seite zeigt dann, wo Sie stehen, und lässt Sie weitermachen, falls noch etwas zu tun ist.",
			Sign:  "mail", Foot: safeGerman,
		},
		freshSent: notice{
			Title: "Bitte sehen Sie in Ihre Mails",
			Text:  "Wenn dieser Link von uns war, ist ein neuer unterwegs an die hinterlegte Adresse.",
			Todo:  "Er sollte in einigen Minuten da sein. Kommt nichts, sehen Sie im Spam-Ordner nach, oder fragen Sie, wer Ihnen den alten Link geschickt hat.",
			Sign:  "mail", Foot: safeGerman,
		},
		stop: notice{
			Title:  "Keine Erinnerungen mehr?",
			Text:   "Wir schicken Ihnen dann keine Mails mehr zu Ihren Verbindungen zu Banken. Auch wenn eine davon ausfällt, erfahren Sie es nicht per Mail.",
			Todo:   "Jemand aus unserem Team erfährt davon und kann sich auf anderem Weg bei Ihnen melden.",
			Button: "Erinnerungen abbestellen", Foot: safeGerman,
		},
		stopped: notice{
			Title: "Sie bekommen keine Erinnerungen mehr",
			Text:  "Eine Mail, die schon unterwegs ist, kann noch ankommen.",
			Todo:  "Jemand aus unserem Team weiß Bescheid. Sie können diese Seite schließen.",
			Sign:  "mail", Foot: safeGerman,
		},
		foot: "Diese Seite ist nur für Sie bestimmt. " + safeGerman,
	}
}
