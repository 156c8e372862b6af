package mail

import "relink/internal/wording"

func spanish() catalog {
	return catalog{
		locale: wording.Spanish,

		hello:      "Hola:",
		helloNamed: "Hola, {person}:",
		someBank:   "su banco",
		someone:    "su empresa",

		endsOn:      "el {date}",
		endsSoon:    "pronto",
		quietOneDay: "Desde hace un día no llega nada.",
		quietDays:   "Desde hace {days} días no llega nada.",
		whatToDo:    "Qué hacer",

		reminderOne: letterWords{
			subject: "Necesitamos su ayuda: conecte de nuevo {bank}",
			preview: "La conexión bancaria de {business} se ha detenido. Repararla lleva más o menos un minuto.",
			label:   "Necesitamos su ayuda",
			heading: "Conecte de nuevo {bank}",
			intro:   "La conexión bancaria de {business} ha dejado de funcionar.",
			button:  "Conectar de nuevo {bank}",
		},
		reminderMany: letterWords{
			subject: "Necesitamos su ayuda: conecte de nuevo {count} bancos",
			preview: "{count} conexiones bancarias de {business} se han detenido. Reparar cada una lleva más o menos un minuto.",
			label:   "Necesitamos su ayuda",
			heading: "Conecte de nuevo {count} bancos",
			intro:   "{count} conexiones bancarias de {business} han dejado de funcionar. En una sola página puede repararlas todas.",
			button:  "Conectar de nuevo sus bancos",
		},
		expiringOne: letterWords{
			subject: "Renueve {bank}: su conexión termina {ends}",
			preview: "Hasta entonces todo sigue funcionando. Renovarla lleva más o menos un minuto.",
			label:   "Termina pronto",
			heading: "Renueve {bank}",
			intro:   "La conexión bancaria de {business} termina {ends}. Renuévela ahora: hasta entonces todo sigue funcionando.",
			button:  "Renovar {bank}",
		},
		expiringMany: letterWords{
			subject: "Renueve {count} conexiones bancarias antes de que terminen",
			preview: "Todavía no se ha detenido nada. Renovar cada una lleva más o menos un minuto.",
			label:   "Terminan pronto",
			heading: "Renueve {count} conexiones bancarias",
			intro:   "{count} conexiones bancarias de {business} van a terminar. Renuévelas ahora, en una sola página: hasta entonces todo sigue funcionando.",
			button:  "Renovar sus bancos",
		},
		mixed: letterWords{
			subject: "Necesitamos su ayuda: {count} conexiones bancarias",
			preview: "Unas se han detenido, otras van a terminar. Cada una lleva más o menos un minuto.",
			label:   "Necesitamos su ayuda",
			heading: "{count} conexiones bancarias le necesitan",
			intro:   "{count} conexiones bancarias de {business} le necesitan: abajo verá cuál se ha detenido y cuál va a terminar. En una sola página puede ocuparse de todas.",
			button:  "Ver sus bancos",
		},
		reconnectedOne: letterWords{
			subject: "La conexión con {bank} funciona de nuevo",
			preview: "Gracias. Ya no tiene que hacer nada más.",
			label:   "Conectado",
			heading: "La conexión con {bank} funciona de nuevo",
			intro:   "Gracias. Hemos comprobado que {bank} vuelve a compartir la cuenta de {business}.",
			button:  "",
		},
		reconnectedAll: letterWords{
			subject: "{count} conexiones bancarias funcionan de nuevo",
			preview: "Gracias. Ya no tiene que hacer nada más.",
			label:   "Conectado",
			heading: "{count} conexiones bancarias funcionan de nuevo",
			intro:   "Gracias. Hemos comprobado que los bancos vuelven a compartir las cuentas de {business}.",
			button:  "",
		},

		worksThen: titled{
			title: "Qué volverá a funcionar:",
			text:  "sus movimientos y saldos llegarán de nuevo, y todo lo que los necesita seguirá por sí solo. No tiene que avisar a nadie.",
		},
		worksOn: titled{
			title: "Qué seguirá funcionando:",
			text:  "cuando haya renovado, sus movimientos y saldos seguirán llegando sin interrupción. No tiene que avisar a nadie.",
		},
		worksNow: titled{
			title: "Qué funciona de nuevo:",
			text:  "sus movimientos y saldos llegan otra vez, y todo lo que los necesita sigue por sí solo. No tiene que hacer nada más.",
		},
		also:       "También puede hacerlo en un ordenador. Abra allí esta dirección:",
		valid:      "El enlace funciona durante 7 días. Es solo para usted: por favor, no reenvíe este correo.",
		footer:     "Recibe este correo porque {business} conectó su banco a través de {sender}.",
		footerSafe: "Nunca le pedimos la contraseña de su banco por correo ni por teléfono.",
		stop:       "No recibir más estos recordatorios",
	}
}
