package page

import "relink/internal/wording"

const safeSpanish = "Nunca le pedimos la contraseña de su banco por correo ni por teléfono."

func spanish() catalog {
	return catalog{
		locale: wording.Spanish,
		months: [12]string{
			"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
		},
		dayMonth: "{day} de {month}",
		someBank: "Su banco", someone: "su empresa",

		pageFor: "Para {business}",
		since:   "No llega nada desde el {date}.",
		until:   "Funciona hasta el {date}; hasta entonces no se detiene nada.",
		button:  "Volver a conectar {bank}",
		renew:   "Renovar {bank}",
		many:    titled{"{count} conexiones bancarias le necesitan", "Cada una lleva más o menos un minuto. Puede hacerlas una tras otra."},
		allWell: titled{"Todo está conectado", "No tiene que hacer nada. Puede cerrar esta página."},
		allElse: titled{"Una conexión bancaria ha terminado", "No se puede reparar aquí. Esto es lo que puede hacer."},
		held: titled{
			"{bank} no responde en este momento",
			"Es un problema del banco, no suyo, y ahora no puede hacer nada. Le escribiremos cuando vuelva a funcionar.",
		},
		heldAll: titled{"Sus bancos no responden en este momento", "Ahora no puede hacer nada. Le escribiremos cuando vuelvan a funcionar."},

		worksThen: titled{
			"Qué volverá a funcionar",
			"Sus movimientos y saldos llegan de nuevo, y todo lo que depende de ellos sigue solo. No tiene que avisar a nadie.",
		},
		worksOn: titled{
			"Qué sigue funcionando",
			"Sus movimientos y saldos siguen llegando sin interrupción. No tiene que avisar a nadie.",
		},

		pillWaits: "Le necesita", pillEnds: "Termina pronto", pillHeld: "Banco sin servicio", pillWorks: "Conectado", pillEnded: "Terminada",

		labels: labels{
			WhatToDo: "Qué hacer",
			Secure:   "Se abre una ventana segura. Nunca vemos su contraseña.",
			NoScript: "Para seguir, esta página necesita JavaScript. Actívelo en su navegador o abra el enlace en otro dispositivo.",
			Details:  "Quién ve qué, y cómo terminarlo",
			Sharing: []titled{
				{"Su contraseña", "La escribe en una ventana de Plaid, una empresa que conecta cuentas de miles de bancos, o en las páginas de su propio banco. Nunca llega a nosotros."},
				{"Qué vemos", "Lo que aceptó al conectar por primera vez: por lo general, los saldos y movimientos de las cuentas que elija."},
				{"Para qué", "Para que el servicio que contrató siga funcionando sin que tenga que enviar extractos."},
				{"Cómo terminarlo", "Cuando quiera, en su banco o en my.plaid.com. Se deja de compartir al instante."},
			},
		},
		script: []word{
			{"opening", "Abriendo la ventana segura…"},
			{"opened", "Termine, por favor, en la ventana que se ha abierto."},
			{"leaving", "Le llevamos a la página segura…"},
			{"resuming", "Hola de nuevo. Seguimos con {bank}…"},
			{"verifying", "Consultando a {bank}. Tarda unos segundos…"},
			{"done", "Conectado. Puede cerrar esta página."},
			{"done-more", "Conectado. Siga, por favor, con el banco siguiente."},
			{"already", "Ya funciona: aquí no queda nada por hacer. Puede cerrar esta página."},
			{"later", "{bank} aún no lo ha confirmado. Puede cerrar esta página: le escribiremos cuando esté confirmado o si hace falta algo más."},
			{"unsure", "{bank} no ha confirmado la conexión. Si llegó hasta el final, puede cerrar esta página: le escribiremos cuando esté confirmada. Si lo dejó antes, inténtelo de nuevo."},
			{"untold", "Ha terminado en {bank}, pero no hemos podido comprobarlo. Abra de nuevo esta página dentro de un minuto."},
			{"closed", "La ventana se cerró antes de conectar {bank}. No ha cambiado nada y puede intentarlo de nuevo cuando quiera."},
			{"wrong-password", "{bank} no aceptó ese usuario y esa contraseña. Pruébelos primero en la web o en la aplicación del banco. Cuando funcionen allí, inténtelo de nuevo aquí."},
			{"wrong-code", "{bank} no aceptó ese código. Los códigos valen poco tiempo: inténtelo de nuevo con el más reciente."},
			{"bank-first", "{bank} necesita antes algo de usted. Entre en su web o en su aplicación, haga lo que le pida e inténtelo de nuevo aquí."},
			{"other-login", "Ese no es el usuario con el que se hizo esta conexión. Inténtelo de nuevo con el que usó antes."},
			{"too-slow", "Ha tardado más de lo que espera la ventana. Inténtelo de nuevo."},
			{"no-accounts", "{bank} no muestra con ese acceso ninguna cuenta que sirva. Inténtelo de nuevo con el acceso de la cuenta de su empresa."},
			{"not-offered", "{bank} no se puede conectar así en este momento. Dígaselo a quien le envió este enlace, para que una persona le ayude."},
			{"popup", "La página de {bank} se cerró o su navegador no la dejó abrir. Si no la ha visto, permita aquí las ventanas emergentes o abra nuestro correo en Safari o Chrome. Después, inténtelo de nuevo."},
			{"lost", "Ha pasado demasiado tiempo desde que fue a {bank}. Empiece de nuevo aquí, por favor."},
			{"window-trouble", "La ventana segura ha tenido un problema. No es culpa suya. Inténtelo de nuevo en unos minutos."},
			{"blocked", "No se ha podido cargar la ventana segura. Compruebe su conexión a internet, o desactive para esta página el bloqueador de contenidos, e inténtelo de nuevo."},
			{"trouble", "No se ha podido contactar con nosotros. Compruebe su conexión a internet e inténtelo de nuevo."},
			{"label-opening", "Abriendo…"},
			{"label-checking", "Comprobando…"},
			{"label-again", "Intentarlo de nuevo"},
			{"connected-headline", "{bank} está conectado"},
			{"many-wait", "{left} conexiones bancarias aún le necesitan"},
			{"one-waits", "Una conexión bancaria aún le necesita"},
			{"none-waits", "Por ahora no queda nada por conectar"},
		},
		over: notice{
			Title:  "Este enlace ya no es válido",
			Text:   "Nuestros enlaces valen 7 días, y solo para la persona a quien se enviaron.",
			Todo:   "Abra nuestro correo más reciente y use su enlace. O pida que enviemos uno nuevo a la dirección que tenemos registrada.",
			Button: "Enviarme un enlace nuevo",
			Sign:   "clock", Foot: safeSpanish,
		},
		problem: notice{
			Title: "Algo ha fallado por nuestra parte",
			Text:  "No es culpa suya, y en su banco no ha cambiado nada.",
			Todo:  "Inténtelo de nuevo dentro de un minuto: recargue esta página o abra otra vez el enlace de nuestro correo.",
			Sign:  "alert", Foot: safeSpanish,
		},
		elsewhere: notice{
			Title: "Abra de nuevo el correo, por favor",
			Text:  "Su banco le ha devuelto a un navegador distinto de aquel en el que empezó. Lo que hizo en el banco no se ha perdido.",
			Todo:  "Abra otra vez nuestro correo y toque su botón. La página le mostrará en qué punto está y, si queda algo por hacer, le dejará seguir.",
			Sign:  "mail", Foot: safeSpanish,
		},
		freshSent: notice{
			Title: "Mire su correo, por favor",
			Text:  "Si este enlace era nuestro, uno nuevo va de camino a la dirección que tenemos registrada.",
			Todo:  "Debería llegar en unos minutos. Si no llega, mire en la carpeta de correo no deseado o pregunte a quien le envió el enlace anterior.",
			Sign:  "mail", Foot: safeSpanish,
		},
		stop: notice{
			Title:  "¿No recibir más recordatorios?",
			Text:   "No le enviaremos más correos sobre sus conexiones bancarias. Si una se detiene, no se lo avisaremos por correo.",
			Todo:   "Una persona de nuestro equipo lo sabrá y puede ponerse en contacto con usted de otra forma.",
			Button: "No recibir más recordatorios", Foot: safeSpanish,
		},
		stopped: notice{
			Title: "No le enviaremos más recordatorios",
			Text:  "Es posible que todavía llegue algún correo que ya estaba en camino.",
			Todo:  "Una persona de nuestro equipo lo sabe. Puede cerrar esta página.",
			Sign:  "mail", Foot: safeSpanish,
		},
		foot: "Esta página es solo para usted. " + safeSpanish,
	}
}
