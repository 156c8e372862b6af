package mail

import "relink/internal/item"

// catalog is every word of our mails in one language. A new language is a new catalog. In braces: {bank}, {business},
// {person}, {sender}, {count}, {days}.
type catalog struct {
	lang string // BCP 47

	hello      string
	helloNamed string
	someBank   string // when the institution's name is not known
	someone    string // when the business's name is not known

	why            map[item.Cause]trouble
	anyWhy         trouble // a cause this catalog does not know yet
	quietOneDay    string
	quietDays      string
	whatToDo       string
	reminderOne    letterWords
	reminderMany   letterWords
	reconnectedOne letterWords
	reconnectedAll letterWords

	worksThen  titled // what will work again, in a reminder
	worksNow   titled // what works again, in a thanks
	also       string
	valid      string
	footer     string
	footerSafe string
}

// trouble is what happened to a connection, and what its owner does about it.
type trouble struct{ happened, todo string }

// titled is a paragraph that begins with its title.
type titled struct{ title, text string }

// letterWords are what one kind of mail says around its list of banks.
type letterWords struct{ subject, preview, label, heading, intro, button string }

func english() catalog {
	return catalog{
		lang: "en",

		hello:      "Hello,",
		helloNamed: "Hello {person},",
		someBank:   "Your bank",
		someone:    "your business",

		why: map[item.Cause]trouble{
			item.Credentials: {
				happened: "{bank} stopped accepting the saved sign-in. This usually happens after a password change.",
				todo:     "Sign in to {bank} once more, with the same username as before. It takes about a minute.",
			},
			item.MFA: {
				happened: "{bank} wants a new one-time code before it shares anything again.",
				todo:     "Sign in to {bank} and enter the code it sends you. Have your phone at hand.",
			},
			item.ConsentExpired: {
				happened: "The permission you gave at {bank} has run out. Banks ask for it again from time to time.",
				todo:     "Sign in to {bank} and confirm the permission again.",
			},
			item.ConsentRevoked: {
				happened: "The permission to see this account was withdrawn at {bank}.",
				todo:     "If that was not what you wanted, sign in to {bank} and give the permission again. If it was, there is nothing to do.",
			},
			item.AccountsMissing: {
				happened: "{bank} no longer shares the accounts you had chosen.",
				todo:     "Sign in to {bank} and choose the same accounts again.",
			},
			item.BankAction: {
				happened: "{bank} wants something from you first: to unlock your access, for example, or to set a new password.",
				todo:     "Sign in on the website or in the app of {bank} and do what it asks for. Then come back to this mail and reconnect.",
			},
			item.Gone: {
				happened: "The connection to {bank} has ended and cannot be repaired.",
				todo:     "Connect {bank} anew, in the place where you first connected it.",
			},
		},
		anyWhy: trouble{
			happened: "{bank} stopped sharing your account.",
			todo:     "Sign in to {bank} once more. It takes about a minute.",
		},
		quietOneDay: "Nothing has come in for a day.",
		quietDays:   "Nothing has come in for {days} days.",
		whatToDo:    "What to do",

		reminderOne: letterWords{
			subject: "Action needed: reconnect {bank}",
			preview: "The bank connection of {business} has stopped. It takes about a minute to repair.",
			label:   "Action needed",
			heading: "Reconnect {bank}",
			intro:   "The bank connection of {business} has stopped working.",
			button:  "Reconnect {bank}",
		},
		reminderMany: letterWords{
			subject: "Action needed: reconnect {count} bank connections",
			preview: "{count} bank connections of {business} have stopped. Each takes about a minute to repair.",
			label:   "Action needed",
			heading: "Reconnect {count} bank connections",
			intro:   "{count} bank connections of {business} have stopped working. One page lets you repair them all.",
			button:  "Reconnect your banks",
		},
		reconnectedOne: letterWords{
			subject: "{bank} is connected again",
			preview: "Thank you. There is nothing left to do.",
			label:   "Connected",
			heading: "{bank} is connected again",
			intro:   "Thank you. {bank} has confirmed that it shares the account of {business} again.",
		},
		reconnectedAll: letterWords{
			subject: "{count} bank connections work again",
			preview: "Thank you. There is nothing left to do.",
			label:   "Connected",
			heading: "{count} bank connections work again",
			intro:   "Thank you. The banks have confirmed that they share the accounts of {business} again.",
		},

		worksThen: titled{
			title: "What will work again:",
			text:  "your transactions and balances come in again, and everything that needs them carries on by itself. You do not have to tell anyone.",
		},
		worksNow: titled{
			title: "What works again:",
			text:  "your transactions and balances come in again, and everything that needs them carries on by itself. There is nothing left for you to do.",
		},
		also:       "You can also do this on a computer. Open this address there:",
		valid:      "The link works for 7 days. It is meant for you: please do not forward this mail.",
		footer:     "You get this mail because {business} connected its bank through {sender}.",
		footerSafe: "We never ask for your bank password by mail or by phone.",
	}
}
