package page

import "relink/internal/wording"

const safeFrench = "Nous ne demandons jamais votre mot de passe bancaire par e-mail ni par téléphone."

func french() catalog {
	return catalog{
		locale: wording.French,
		months: [12]string{
			"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
		},
		dayMonth: "{day} {month}",
		someBank: "Votre banque", someone: "votre entreprise",

		pageFor: "Pour {business}",
		since:   "Plus rien n’arrive depuis le {date}.",
		until:   "Elle fonctionne jusqu’au {date}, et rien ne s’arrête avant.",
		button:  "Reconnecter {bank}",
		renew:   "Renouveler {bank}",
		many:    titled{"{count} connexions bancaires ont besoin de vous", "Chacune prend environ une minute. Vous pouvez les faire l’une après l’autre."},
		allWell: titled{"Tout est connecté", "Vous n’avez rien à faire. Vous pouvez fermer cette page."},
		allElse: titled{"Une connexion bancaire a pris fin", "Elle ne peut pas être réparée ici. Voici ce que vous pouvez faire."},
		held: titled{
			"{bank} ne répond pas en ce moment",
			"Le problème vient de la banque, pas de vous, et vous ne pouvez rien faire pour l’instant. Nous vous écrirons quand elle répondra de nouveau.",
		},
		heldAll: titled{"Vos banques ne répondent pas en ce moment", "Vous ne pouvez rien faire pour l’instant. Nous vous écrirons quand elles répondront de nouveau."},

		worksThen: titled{
			"Ce qui fonctionnera de nouveau",
			"Vos opérations et vos soldes arrivent de nouveau, et tout ce qui en dépend reprend tout seul. Vous n’avez personne à prévenir.",
		},
		worksOn: titled{
			"Ce qui continue de fonctionner",
			"Vos opérations et vos soldes continuent d’arriver sans interruption. Vous n’avez personne à prévenir.",
		},

		pillWaits: "À vous d’agir", pillEnds: "Expire bientôt", pillHeld: "Banque en panne", pillWorks: "Connectée", pillEnded: "Terminée",

		labels: labels{
			WhatToDo: "Que faire",
			Secure:   "Une fenêtre sécurisée s’ouvre. Nous ne voyons jamais votre mot de passe.",
			NoScript: "Pour continuer, cette page a besoin de JavaScript. Activez-le dans votre navigateur, ou ouvrez le lien sur un autre appareil.",
			Details:  "Qui voit quoi, et comment y mettre fin",
			Sharing: []titled{
				{"Votre mot de passe", "Vous le saisissez dans une fenêtre de Plaid, une société qui relie les comptes de milliers de banques, ou sur les pages de votre banque. Il ne nous parvient jamais."},
				{"Ce que nous voyons", "Ce que vous avez accepté lors de la première connexion : en règle générale, les soldes et les opérations des comptes que vous choisissez."},
				{"Pour quoi faire", "Pour que le service auquel vous avez souscrit continue de fonctionner, sans que vous ayez à envoyer des relevés."},
				{"Comment y mettre fin", "Quand vous voulez, auprès de votre banque ou sur my.plaid.com. Le partage s’arrête aussitôt."},
			},
		},
		script: []word{
			{"opening", "Ouverture de la fenêtre sécurisée…"},
			{"opened", "Veuillez terminer dans la fenêtre qui s’est ouverte."},
			{"leaving", "Nous vous emmenons sur la page sécurisée…"},
			{"resuming", "Vous revoilà. Nous continuons avec {bank}…"},
			{"verifying", "Vérification auprès de {bank}. Cela prend quelques secondes…"},
			{"done", "C’est connecté. Vous pouvez fermer cette page."},
			{"done-more", "C’est connecté. Veuillez continuer avec la banque suivante."},
			{"already", "Tout fonctionne déjà : il n’y a plus rien à faire ici. Vous pouvez fermer cette page."},
			{"later", "{bank} n’a pas encore confirmé. Vous pouvez fermer cette page : nous vous écrirons quand ce sera confirmé, ou s’il faut autre chose."},
			{"unsure", "{bank} n’a pas confirmé la connexion. Si vous êtes allé jusqu’au bout, vous pouvez fermer cette page : nous vous écrirons quand ce sera confirmé. Si vous vous êtes arrêté avant, veuillez réessayer."},
			{"untold", "Vous avez terminé chez {bank}, mais nous n’avons pas pu le vérifier. Veuillez rouvrir cette page dans une minute."},
			{"closed", "La fenêtre a été fermée avant que {bank} soit connectée. Rien n’a changé, et vous pouvez réessayer quand vous voulez."},
			{"wrong-password", "{bank} n’a pas accepté cet identifiant et ce mot de passe. Essayez-les d’abord sur le site ou dans l’application de la banque. Quand ils y fonctionnent, réessayez ici."},
			{"wrong-code", "{bank} n’a pas accepté ce code. Un code n’est valable que peu de temps : réessayez avec le plus récent."},
			{"bank-first", "{bank} attend d’abord quelque chose de vous. Connectez-vous sur son site ou dans son application, faites ce qu’elle demande, puis réessayez ici."},
			{"other-login", "Ce n’est pas l’identifiant avec lequel cette connexion a été faite. Veuillez réessayer avec celui que vous utilisiez."},
			{"too-slow", "Cela a pris plus de temps que la fenêtre n’attend. Veuillez réessayer."},
			{"no-accounts", "{bank} ne montre aucun compte qui convienne avec cet identifiant. Veuillez réessayer avec celui du compte de votre entreprise."},
			{"not-offered", "{bank} ne peut pas être reconnectée de cette façon en ce moment. Dites-le à la personne qui vous a envoyé ce lien, pour qu’on puisse vous aider."},
			{"popup", "La page de {bank} a été fermée, ou votre navigateur l’a empêchée de s’ouvrir. Si vous ne l’avez pas vue, autorisez ici les fenêtres pop-up, ou ouvrez notre e-mail dans Safari ou Chrome. Puis réessayez."},
			{"lost", "Trop de temps s’est écoulé depuis votre départ vers {bank}. Veuillez recommencer ici."},
			{"window-trouble", "La fenêtre sécurisée a eu un problème. Ce n’est pas votre faute. Veuillez réessayer dans quelques minutes."},
			{"blocked", "La fenêtre sécurisée n’a pas pu être chargée. Vérifiez votre connexion internet, ou désactivez le bloqueur de contenu pour cette page, puis réessayez."},
			{"trouble", "Nous n’avons pas pu être joints. Vérifiez votre connexion internet et réessayez."},
			{"label-opening", "Ouverture…"},
			{"label-checking", "Vérification…"},
			{"label-again", "Réessayer"},
			{"connected-headline", "{bank} est connectée"},
			{"many-wait", "{left} connexions bancaires ont encore besoin de vous"},
			{"one-waits", "Une connexion bancaire a encore besoin de vous"},
			{"none-waits", "Plus rien à reconnecter pour le moment"},
		},
		over: notice{
			Title:  "Ce lien n’est plus valable",
			Text:   "Nos liens sont valables 7 jours, et seulement pour la personne à qui ils ont été envoyés.",
			Todo:   "Ouvrez notre e-mail le plus récent et utilisez son lien. Ou faites-en envoyer un nouveau à l’adresse que nous avons enregistrée.",
			Button: "M’envoyer un nouveau lien",
			Sign:   "clock", Foot: safeFrench,
		},
		problem: notice{
			Title: "Un problème est survenu de notre côté",
			Text:  "Ce n’est pas votre faute, et rien n’a changé dans votre banque.",
			Todo:  "Veuillez réessayer dans une minute : rechargez cette page, ou rouvrez le lien de notre e-mail.",
			Sign:  "alert", Foot: safeFrench,
		},
		elsewhere: notice{
			Title: "Veuillez rouvrir l’e-mail",
			Text:  "Votre banque vous a ramené dans un autre navigateur que celui où vous avez commencé. Ce que vous avez fait à la banque n’est pas perdu.",
			Todo:  "Ouvrez encore une fois notre e-mail et touchez son bouton. La page montre alors où vous en êtes et, s’il reste quelque chose à faire, vous permet de continuer.",
			Sign:  "mail", Foot: safeFrench,
		},
		freshSent: notice{
			Title: "Veuillez consulter vos e-mails",
			Text:  "Si ce lien était bien de nous, un nouveau est en route vers l’adresse que nous avons enregistrée.",
			Todo:  "Il devrait arriver dans quelques minutes. Si rien ne vient, regardez dans les courriers indésirables, ou demandez à la personne qui vous a envoyé l’ancien.",
			Sign:  "mail", Foot: safeFrench,
		},
		stop: notice{
			Title:  "Ne plus recevoir de rappels\u00a0?",
			Text:   "Nous ne vous enverrons plus d’e-mails sur vos connexions bancaires. Si l’une d’elles s’arrête, vous n’en serez pas prévenu par e-mail.",
			Todo:   "Une personne de notre équipe le saura et pourra vous joindre autrement.",
			Button: "Ne plus recevoir de rappels", Foot: safeFrench,
		},
		stopped: notice{
			Title: "Vous ne recevrez plus de rappels",
			Text:  "Un e-mail déjà en route peut encore vous parvenir.",
			Todo:  "Une personne de notre équipe est au courant. Vous pouvez fermer cette page.",
			Sign:  "mail", Foot: safeFrench,
		},
		foot: "Cette page n’est destinée qu’à vous. " + safeFrench,
	}
}
