package mail

import "relink/internal/wording"

func french() catalog {
	return catalog{
		locale: wording.French,

		hello:      "Bonjour,",
		helloNamed: "Bonjour {person},",
		someBank:   "votre banque",
		someone:    "votre entreprise",

		endsOn:      "le {date}",
		endsSoon:    "bientôt",
		quietOneDay: "Rien n’arrive plus depuis un jour.",
		quietDays:   "Rien n’arrive plus depuis {days} jours.",
		whatToDo:    "Ce qu’il faut faire",

		reminderOne: letterWords{
			subject: "Action requise\u00a0: reconnectez {bank}",
			preview: "La connexion bancaire de {business} s’est arrêtée. La rétablir prend environ une minute.",
			label:   "Action requise",
			heading: "Reconnectez {bank}",
			intro:   "La connexion bancaire de {business} ne fonctionne plus.",
			button:  "Reconnecter {bank}",
		},
		reminderMany: letterWords{
			subject: "Action requise\u00a0: reconnectez {count} banques",
			preview: "{count} connexions bancaires de {business} se sont arrêtées. Rétablir chacune prend environ une minute.",
			label:   "Action requise",
			heading: "Reconnectez {count} banques",
			intro:   "{count} connexions bancaires de {business} ne fonctionnent plus. Une seule page vous permet de les rétablir toutes.",
			button:  "Reconnecter vos banques",
		},
		expiringOne: letterWords{
			subject: "Renouvelez {bank}\u00a0: votre connexion prend fin {ends}",
			preview: "D’ici là, rien ne s’arrête. La renouveler prend environ une minute.",
			label:   "Fin prochaine",
			heading: "Renouvelez {bank}",
			intro:   "La connexion bancaire de {business} prend fin {ends}. Renouvelez-la dès maintenant\u00a0: d’ici là, rien ne s’arrête.",
			button:  "Renouveler {bank}",
		},
		expiringMany: letterWords{
			subject: "Renouvelez {count} connexions bancaires avant leur fin",
			preview: "Rien ne s’est encore arrêté. Renouveler chacune prend environ une minute.",
			label:   "Fin prochaine",
			heading: "Renouvelez {count} connexions bancaires",
			intro:   "{count} connexions bancaires de {business} vont prendre fin. Renouvelez-les dès maintenant, sur une seule page\u00a0: d’ici là, rien ne s’arrête.",
			button:  "Renouveler vos banques",
		},
		mixed: letterWords{
			subject: "Action requise\u00a0: {count} connexions bancaires",
			preview: "Certaines se sont arrêtées, d’autres vont prendre fin. Chacune prend environ une minute.",
			label:   "Action requise",
			heading: "{count} connexions bancaires ont besoin de vous",
			intro:   "{count} connexions bancaires de {business} ont besoin de vous\u00a0: voici lesquelles se sont arrêtées et lesquelles vont prendre fin. Une seule page vous permet de vous occuper de toutes.",
			button:  "Voir vos banques",
		},
		reconnectedOne: letterWords{
			subject: "La connexion à {bank} fonctionne à nouveau",
			preview: "Merci. Il ne vous reste rien à faire.",
			label:   "Connexion rétablie",
			heading: "La connexion à {bank} fonctionne à nouveau",
			intro:   "Merci. {bank} a confirmé partager à nouveau le compte de {business}.",
			button:  "",
		},
		reconnectedAll: letterWords{
			subject: "{count} connexions bancaires fonctionnent à nouveau",
			preview: "Merci. Il ne vous reste rien à faire.",
			label:   "Connexions rétablies",
			heading: "{count} connexions bancaires fonctionnent à nouveau",
			intro:   "Merci. Les banques ont confirmé partager à nouveau les comptes de {business}.",
			button:  "",
		},

		worksThen: titled{
			title: "Ce qui fonctionnera à nouveau\u00a0:",
			text:  "vos opérations et vos soldes arriveront à nouveau, et tout ce qui en dépend reprendra de soi-même. Vous n’avez à prévenir personne.",
		},
		worksOn: titled{
			title: "Ce qui continuera de fonctionner\u00a0:",
			text:  "une fois la connexion renouvelée, vos opérations et vos soldes continueront d’arriver sans interruption. Vous n’avez à prévenir personne.",
		},
		worksNow: titled{
			title: "Ce qui fonctionne à nouveau\u00a0:",
			text:  "vos opérations et vos soldes arrivent à nouveau, et tout ce qui en dépend reprend de soi-même. Il ne vous reste rien à faire.",
		},
		also:       "Vous pouvez aussi le faire sur un ordinateur. Ouvrez-y cette adresse\u00a0:",
		valid:      "Le lien fonctionne pendant 7 jours. Il n’est destiné qu’à vous\u00a0: merci de ne pas transférer cet e-mail.",
		footer:     "Vous recevez cet e-mail parce que {business} a relié sa banque par l’intermédiaire de {sender}.",
		footerSafe: "Nous ne demandons jamais le mot de passe de votre banque par e-mail ni par téléphone.",
		stop:       "Ne plus recevoir ces rappels",
	}
}
