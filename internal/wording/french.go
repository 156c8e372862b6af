package wording

import "relink/internal/item"

func french() table {
	return table{
		broken: map[item.Cause]Trouble{
			item.Credentials: {
				Happened: "{bank} n’accepte plus les identifiants enregistrés. Cela arrive souvent après un changement de mot de passe.",
				Todo:     "Connectez-vous encore une fois à {bank}, avec le même identifiant qu’auparavant. Cela prend environ une minute.",
				Headline: "{bank} n’accepte plus les identifiants enregistrés",
				Meaning:  "Cela arrive souvent après un changement de mot de passe.",
				Do:       "Connectez-vous encore une fois, avec le même identifiant qu’auparavant. Cela prend environ une minute.",
			},
			item.MFA: {
				Happened: "{bank} demande un nouveau code à usage unique avant de partager à nouveau vos données.",
				Todo:     "Connectez-vous à {bank} et saisissez le code que vous recevrez. Gardez votre téléphone à portée de main.",
				Headline: "{bank} demande un nouveau code à usage unique",
				Meaning:  "Votre banque vérifie de temps en temps qu’il s’agit bien de vous.",
				Do:       "Connectez-vous et saisissez le code que {bank} vous envoie. Gardez votre téléphone à portée de main.",
			},
			item.ConsentExpired: {
				Happened: "L’autorisation que vous avez donnée à {bank} a expiré. Les banques la redemandent de temps en temps.",
				Todo:     "Connectez-vous à {bank} et confirmez à nouveau l’autorisation.",
				Headline: "L’autorisation donnée à {bank} a expiré",
				Meaning:  "Les banques redemandent l’autorisation de temps en temps.",
				Do:       "Connectez-vous et confirmez à nouveau l’autorisation. Cela prend environ une minute.",
			},
			item.ConsentRevoked: {
				Happened: "L’autorisation de voir ce compte a été retirée auprès de {bank}.",
				Todo:     "Si ce n’était pas votre intention, connectez-vous à {bank} et redonnez l’autorisation. Si c’était voulu, vous n’avez rien à faire.",
				Headline: "L’autorisation donnée à {bank} a été retirée",
				Meaning:  "Une personne ayant accès à votre compte a mis fin au partage.",
				Do:       "Si ce n’était pas votre intention, connectez-vous et redonnez l’autorisation. Si c’était voulu, vous pouvez fermer cette page.",
			},
			item.AccountsMissing: {
				Happened: "{bank} ne partage plus les comptes que vous aviez choisis.",
				Todo:     "Connectez-vous à {bank} et choisissez à nouveau les mêmes comptes.",
				Headline: "{bank} ne partage plus les comptes que vous aviez choisis",
				Meaning:  "La connexion fonctionne encore, mais les comptes n’y figurent plus.",
				Do:       "Connectez-vous et choisissez à nouveau les mêmes comptes.",
			},
			item.BankAction: {
				Happened: "{bank} attend d’abord quelque chose de vous\u00a0: débloquer votre accès, par exemple, ou choisir un nouveau mot de passe.",
				Todo:     "Connectez-vous sur le site ou dans l’application de {bank} et faites ce qui vous est demandé. Revenez ensuite à ce message et rétablissez la connexion.",
				Headline: "{bank} attend d’abord quelque chose de vous",
				Meaning:  "Débloquer votre accès, par exemple, ou choisir un nouveau mot de passe.",
				Do:       "Connectez-vous sur le site ou dans l’application de {bank} et faites ce qui vous est demandé. Revenez ensuite à cette page et rétablissez la connexion.",
			},
			item.ConsentExpiring: {
				Happened: "L’autorisation que vous avez donnée à {bank} était sur le point d’expirer, et {bank} ne partage plus votre compte.",
				Todo:     "Connectez-vous à {bank} et confirmez à nouveau l’autorisation.",
				Headline: "L’autorisation donnée à {bank} était sur le point d’expirer",
				Meaning:  "La banque ne partage plus votre compte.",
				Do:       "Connectez-vous et confirmez à nouveau l’autorisation. Cela prend environ une minute.",
			},
			item.Migration: {
				Happened: "{bank} a changé sa façon de se connecter, et l’ancienne ne fonctionne plus.",
				Todo:     "Connectez-vous encore une fois à {bank}, de la nouvelle façon. Cela prend environ une minute.",
				Headline: "{bank} a changé sa façon de se connecter",
				Meaning:  "L’ancienne ne fonctionne plus.",
				Do:       "Connectez-vous encore une fois, de la nouvelle façon. Cela prend environ une minute.",
			},
			item.NotSupported: {
				Happened: "{bank} ne permet plus la connexion telle qu’elle a été faite.",
				Todo:     "Connectez-vous encore une fois à {bank}\u00a0: cela suffit parfois. Sinon, reliez {bank} depuis le début, là où vous l’avez fait la première fois.",
				Headline: "{bank} ne permet plus cette connexion",
				Meaning:  "Elle ne peut pas continuer telle qu’elle a été faite.",
				Do:       "Connectez-vous encore une fois\u00a0: cela suffit parfois. Sinon, reliez {bank} depuis le début, là où vous l’avez fait la première fois.",
			},
			item.Gone: {
				Happened: "La connexion à {bank} a pris fin et ne peut pas être rétablie.",
				Todo:     "Reliez {bank} depuis le début, là où vous l’avez fait la première fois.",
				Headline: "La connexion à {bank} a pris fin",
				Meaning:  "Elle a été supprimée, ici ou à la banque, et ne peut pas être rétablie.",
				Do:       "Reliez {bank} depuis le début, là où vous l’avez fait la première fois.",
			},
		},
		anyBroken: Trouble{
			Happened: "{bank} ne partage plus votre compte.",
			Todo:     "Connectez-vous encore une fois à {bank}. Cela prend environ une minute.",
			Headline: "{bank} ne partage plus votre compte",
			Meaning:  "Pour continuer, il faut vous connecter à nouveau.",
			Do:       "Connectez-vous encore une fois. Cela prend environ une minute.",
		},
		ending: map[item.Cause]Trouble{
			item.ConsentExpiring: {
				Happened: "L’autorisation que vous avez donnée à {bank} expire {ends}. D’ici là, tout continue de fonctionner.",
				Todo:     "Connectez-vous à {bank} et confirmez à nouveau l’autorisation avant qu’elle n’expire.",
				Headline: "L’autorisation donnée à {bank} est sur le point d’expirer",
				Meaning:  "Les banques redemandent l’autorisation de temps en temps.",
				Do:       "Connectez-vous et confirmez à nouveau l’autorisation. Cela prend environ une minute.",
			},
			item.Migration: {
				Happened: "{bank} change sa façon de se connecter. Votre connexion actuelle prend fin {ends}. D’ici là, tout continue de fonctionner.",
				Todo:     "Connectez-vous encore une fois à {bank}, de la nouvelle façon. Cela prend environ une minute.",
				Headline: "{bank} change sa façon de se connecter",
				Meaning:  "Votre connexion actuelle prendra fin avec l’ancienne façon.",
				Do:       "Connectez-vous encore une fois, de la nouvelle façon. Cela prend environ une minute.",
			},
		},
		anyEnding: Trouble{
			Happened: "La connexion à {bank} prend fin {ends}. D’ici là, tout continue de fonctionner.",
			Todo:     "Connectez-vous encore une fois à {bank} avant cette fin. Cela prend environ une minute.",
			Headline: "La connexion à {bank} est sur le point de prendre fin",
			Meaning:  "La banque vous demande de vous connecter à nouveau.",
			Do:       "Connectez-vous encore une fois. Cela prend environ une minute.",
		},
	}
}
