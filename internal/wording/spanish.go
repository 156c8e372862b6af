package wording

import "relink/internal/item"

func spanish() table {
	return table{
		broken: map[item.Cause]Trouble{
			item.Credentials: {
				Happened: "{bank} dejó de aceptar el acceso guardado. Suele ocurrir después de un cambio de contraseña.",
				Todo:     "Inicie sesión en {bank} una vez más, con el mismo usuario que antes. Le llevará más o menos un minuto.",
				Headline: "{bank} dejó de aceptar el acceso guardado",
				Meaning:  "Suele ocurrir después de un cambio de contraseña.",
				Do:       "Inicie sesión una vez más, con el mismo usuario que antes. Le llevará más o menos un minuto.",
			},
			item.MFA: {
				Happened: "{bank} pide un nuevo código de un solo uso antes de volver a compartir datos.",
				Todo:     "Inicie sesión en {bank} e introduzca el código que reciba. Tenga el teléfono a mano.",
				Headline: "{bank} pide un nuevo código de un solo uso",
				Meaning:  "Su banco comprueba de vez en cuando que sigue siendo usted.",
				Do:       "Inicie sesión e introduzca el código que le envíe {bank}. Tenga el teléfono a mano.",
			},
			item.ConsentExpired: {
				Happened: "El permiso que usted dio en {bank} ha caducado. Los bancos lo piden de nuevo de vez en cuando.",
				Todo:     "Inicie sesión en {bank} y confirme de nuevo el permiso.",
				Headline: "Su permiso en {bank} ha caducado",
				Meaning:  "Los bancos piden de nuevo el permiso de vez en cuando.",
				Do:       "Inicie sesión y confirme de nuevo el permiso. Le llevará más o menos un minuto.",
			},
			item.ConsentRevoked: {
				Happened: "El permiso para ver esta cuenta se retiró en {bank}.",
				Todo:     "Si no era lo que usted quería, inicie sesión en {bank} y vuelva a dar el permiso. Si lo era, no tiene que hacer nada.",
				Headline: "El permiso en {bank} se retiró",
				Meaning:  "Alguien con acceso a su cuenta dejó de compartirla.",
				Do:       "Si no era lo que usted quería, inicie sesión y vuelva a dar el permiso. Si lo era, puede cerrar esta página.",
			},
			item.AccountsMissing: {
				Happened: "{bank} ya no comparte las cuentas que usted había elegido.",
				Todo:     "Inicie sesión en {bank} y elija de nuevo las mismas cuentas.",
				Headline: "{bank} ya no comparte las cuentas que usted había elegido",
				Meaning:  "El acceso sigue funcionando, pero faltan las cuentas.",
				Do:       "Inicie sesión y elija de nuevo las mismas cuentas.",
			},
			item.BankAction: {
				Happened: "{bank} necesita antes algo de usted: por ejemplo, que desbloquee su acceso o que cree una contraseña nueva.",
				Todo:     "Inicie sesión en el sitio web o en la aplicación de {bank} y haga lo que le pida. Después vuelva a este correo y conecte de nuevo.",
				Headline: "{bank} necesita antes algo de usted",
				Meaning:  "Por ejemplo, que desbloquee su acceso o que cree una contraseña nueva.",
				Do:       "Inicie sesión en el sitio web o en la aplicación de {bank} y haga lo que le pida. Después vuelva a esta página y conecte de nuevo.",
			},
			item.ConsentExpiring: {
				Happened: "El permiso que usted dio en {bank} estaba a punto de caducar, y {bank} ha dejado de compartir su cuenta.",
				Todo:     "Inicie sesión en {bank} y confirme de nuevo el permiso.",
				Headline: "Su permiso en {bank} estaba a punto de caducar",
				Meaning:  "El banco ha dejado de compartir su cuenta.",
				Do:       "Inicie sesión y confirme de nuevo el permiso. Le llevará más o menos un minuto.",
			},
			item.Migration: {
				Happened: "{bank} ha cambiado la forma de iniciar sesión, y la anterior ha dejado de funcionar.",
				Todo:     "Inicie sesión en {bank} una vez más, de la forma nueva. Le llevará más o menos un minuto.",
				Headline: "{bank} ha cambiado la forma de iniciar sesión",
				Meaning:  "La anterior ha dejado de funcionar.",
				Do:       "Inicie sesión una vez más, de la forma nueva. Le llevará más o menos un minuto.",
			},
			item.NotSupported: {
				Happened: "{bank} ya no admite la conexión tal como se hizo.",
				Todo:     "Inicie sesión en {bank} una vez más: a veces basta con eso. Si no funciona, conecte {bank} desde el principio, en el mismo lugar donde lo hizo la primera vez.",
				Headline: "{bank} ya no admite esta conexión",
				Meaning:  "No puede seguir tal como se hizo.",
				Do:       "Inicie sesión una vez más: a veces basta con eso. Si no funciona, conecte {bank} desde el principio, en el mismo lugar donde lo hizo la primera vez.",
			},
			item.Gone: {
				Happened: "La conexión con {bank} ha terminado y no se puede reparar.",
				Todo:     "Conecte {bank} desde el principio, en el mismo lugar donde lo hizo la primera vez.",
				Headline: "La conexión con {bank} ha terminado",
				Meaning:  "Se eliminó, aquí o en el banco, y no se puede reparar.",
				Do:       "Conecte {bank} desde el principio, en el mismo lugar donde lo hizo la primera vez.",
			},
		},
		anyBroken: Trouble{
			Happened: "{bank} dejó de compartir su cuenta.",
			Todo:     "Inicie sesión en {bank} una vez más. Le llevará más o menos un minuto.",
			Headline: "{bank} dejó de compartir su cuenta",
			Meaning:  "Para la conexión hace falta que usted inicie sesión de nuevo.",
			Do:       "Inicie sesión una vez más. Le llevará más o menos un minuto.",
		},
		ending: map[item.Cause]Trouble{
			item.ConsentExpiring: {
				Happened: "El permiso que usted dio en {bank} caduca {ends}. Hasta entonces todo sigue funcionando.",
				Todo:     "Inicie sesión en {bank} y confirme de nuevo el permiso antes de que caduque.",
				Headline: "Su permiso en {bank} está a punto de caducar",
				Meaning:  "Los bancos piden de nuevo el permiso de vez en cuando.",
				Do:       "Inicie sesión y confirme de nuevo el permiso. Le llevará más o menos un minuto.",
			},
			item.Migration: {
				Happened: "{bank} va a cambiar la forma de iniciar sesión. La conexión que usted tiene termina {ends}. Hasta entonces todo sigue funcionando.",
				Todo:     "Inicie sesión en {bank} una vez más, de la forma nueva. Le llevará más o menos un minuto.",
				Headline: "{bank} va a cambiar la forma de iniciar sesión",
				Meaning:  "La conexión que usted tiene terminará con la anterior.",
				Do:       "Inicie sesión una vez más, de la forma nueva. Le llevará más o menos un minuto.",
			},
		},
		anyEnding: Trouble{
			Happened: "La conexión con {bank} termina {ends}. Hasta entonces todo sigue funcionando.",
			Todo:     "Inicie sesión en {bank} una vez más antes de que termine. Le llevará más o menos un minuto.",
			Headline: "La conexión con {bank} está a punto de terminar",
			Meaning:  "El banco pide que usted inicie sesión de nuevo.",
			Do:       "Inicie sesión una vez más. Le llevará más o menos un minuto.",
		},
	}
}
