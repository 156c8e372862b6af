package mail

import "relink/internal/wording"

func german() catalog {
	return catalog{
		locale: wording.German,

		hello:      "Guten Tag,",
		helloNamed: "Guten Tag {person},",
		someBank:   "Ihre Bank",
		someone:    "Ihr Unternehmen",

		endsOn:      "am {date}",
		endsSoon:    "bald",
		quietOneDay: "Seit einem Tag kommt nichts mehr an.",
		quietDays:   "Seit {days} Tagen kommt nichts mehr an.",
		whatToDo:    "Was zu tun ist",

		reminderOne: letterWords{
			subject: "Bitte handeln: {bank} neu verbinden",
			preview: "Für {business} kommen von der Bank keine Daten mehr. Die Reparatur dauert etwa eine Minute.",
			label:   "Bitte handeln",
			heading: "{bank} neu verbinden",
			intro:   "Für {business} kommen von der Bank keine Daten mehr.",
			button:  "{bank} neu verbinden",
		},
		reminderMany: letterWords{
			subject: "Bitte handeln: {count} Banken neu verbinden",
			preview: "Für {business} kommen von {count} Banken keine Daten mehr. Jede Reparatur dauert etwa eine Minute.",
			label:   "Bitte handeln",
			heading: "{count} Banken neu verbinden",
			intro:   "Für {business} kommen von {count} Banken keine Daten mehr. Auf einer einzigen Seite stellen Sie alle Verbindungen wieder her.",
			button:  "Banken neu verbinden",
		},
		expiringOne: letterWords{
			subject: "{bank} verlängern: Ihre Verbindung endet {ends}",
			preview: "Bis dahin funktioniert alles weiter. Das Verlängern dauert etwa eine Minute.",
			label:   "Endet bald",
			heading: "{bank} verlängern",
			intro:   "Die Verbindung zur Bank für {business} endet {ends}. Verlängern Sie sie jetzt: Bis dahin funktioniert alles weiter.",
			button:  "{bank} verlängern",
		},
		expiringMany: letterWords{
			subject: "{count} Verbindungen zu Banken verlängern, bevor sie enden",
			preview: "Noch funktioniert alles. Jedes Verlängern dauert etwa eine Minute.",
			label:   "Enden bald",
			heading: "{count} Verbindungen zu Banken verlängern",
			intro:   "{count} Verbindungen zu Banken für {business} enden bald. Verlängern Sie sie jetzt, auf einer einzigen Seite: Bis dahin funktioniert alles weiter.",
			button:  "Verbindungen verlängern",
		},
		mixed: letterWords{
			subject: "Bitte handeln: {count} Verbindungen zu Banken",
			preview: "Einige sind unterbrochen, andere enden bald. Jede kostet Sie etwa eine Minute.",
			label:   "Bitte handeln",
			heading: "{count} Verbindungen zu Banken brauchen Sie",
			intro:   "{count} Verbindungen zu Banken für {business} brauchen Sie: Unten steht, welche unterbrochen ist und welche bald endet. Auf einer einzigen Seite kümmern Sie sich um alle.",
			button:  "Zu Ihren Banken",
		},
		reconnectedOne: letterWords{
			subject: "{bank} ist wieder verbunden",
			preview: "Danke. Sie brauchen nichts mehr zu tun.",
			label:   "Verbunden",
			heading: "{bank} ist wieder verbunden",
			intro:   "Danke. {bank} hat bestätigt, dass für {business} wieder Daten kommen.",
			button:  "",
		},
		reconnectedAll: letterWords{
			subject: "{count} Verbindungen zu Banken funktionieren wieder",
			preview: "Danke. Sie brauchen nichts mehr zu tun.",
			label:   "Verbunden",
			heading: "{count} Verbindungen zu Banken funktionieren wieder",
			intro:   "Danke. Die Banken haben bestätigt, dass für {business} wieder Daten kommen.",
			button:  "",
		},

		worksThen: titled{
			title: "Was dann wieder funktioniert:",
			text:  "Ihre Umsätze und Kontostände kommen wieder an, und alles, was sie braucht, läuft von selbst weiter. Sie müssen niemandem Bescheid geben.",
		},
		worksOn: titled{
			title: "Was weiter funktioniert:",
			text:  "Nach dem Verlängern kommen Ihre Umsätze und Kontostände ohne Lücke weiter an. Sie müssen niemandem Bescheid geben.",
		},
		worksNow: titled{
			title: "Was wieder funktioniert:",
			text:  "Ihre Umsätze und Kontostände kommen wieder an, und alles, was sie braucht, läuft von selbst weiter. Sie brauchen nichts mehr zu tun.",
		},
		also:       "Das geht auch an einem Computer. Öffnen Sie dort diese Adresse:",
		valid:      "Der Link gilt 7 Tage. Er ist nur für Sie bestimmt: Bitte leiten Sie diese Mail nicht weiter.",
		footer:     "Sie erhalten diese Mail, weil {business} eine Bank über {sender} verbunden hat.",
		footerSafe: "Wir fragen nie per Mail oder am Telefon nach dem Passwort Ihrer Bank.",
		stop:       "Diese Erinnerungen abbestellen",
	}
}
