package mail

import "relink/internal/item"

// catalog is every word of our mails in one language. A new language is a new catalog. In braces: {bank}, {business},
// {person}, {sender}, {count}, {days}, {date}, {ends} (when a
// connection ends).
type catalog struct {
	lang       string // BCP 47
	dateLayout string

	hello      string
	helloNamed string
	someBank   string // when the institution's name is not known
	someone    string // when the business's name is not known

	why            map[item.Cause]trouble
	anyWhy         trouble                // a cause this catalog does not know yet
	ends           map[item.Cause]trouble // of a connection that still works
	anyEnd         trouble
	endsOn         string // fills {ends} where the day is known
	endsSoon       string // and where it is not
	quietOneDay    string
	quietDays      string
	whatToDo       string
	reminderOne    letterWords
	reminderMany   letterWords
	expiringOne    letterWords
	expiringMany   letterWords
	mixed          letterWords // some have stopped, some are going to end
	reconnectedOne letterWords
	reconnectedAll letterWords

	worksThen  titled // what will work again, in a reminder
	worksOn    titled // what goes on working, where nothing has stopped
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
		lang: "en", dateLayout: "Monday, January 2",

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
			item.ConsentExpiring: {
				happened: "The permission you gave at {bank} was about to run out, and {bank} has stopped sharing your account.",
				todo:     "Sign in to {bank} and confirm the permission again.",
			},
			item.Migration: {
				happened: "{bank} has moved to a new way of signing in, and the old one has stopped working.",
				todo:     "Sign in to {bank} once more, the new way. It takes about a minute.",
			},
			item.NotSupported: {
				happened: "{bank} no longer supports the connection in the way it was made.",
				todo:     "Sign in to {bank} once more: sometimes that is enough. If it does not work, connect {bank} anew, in the place where you first connected it.",
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
		ends: map[item.Cause]trouble{
			item.ConsentExpiring: {
				happened: "The permission you gave at {bank} runs out {ends}. Nothing stops until then.",
				todo:     "Sign in to {bank} and confirm the permission again before it runs out.",
			},
			item.Migration: {
				happened: "{bank} is moving to a new way of signing in. The connection you have ends {ends}. Nothing stops until then.",
				todo:     "Sign in to {bank} once more, the new way. It takes about a minute.",
			},
		},
		anyEnd: trouble{
			happened: "The connection to {bank} ends {ends}. Nothing stops until then.",
			todo:     "Sign in to {bank} once more before it ends. It takes about a minute.",
		},
		endsOn:      "on {date}",
		endsSoon:    "soon",
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
		expiringOne: letterWords{
			subject: "Renew {bank}: your connection ends {ends}",
			preview: "Nothing stops until then. It takes about a minute to renew.",
			label:   "Ends soon",
			heading: "Renew {bank}",
			intro:   "The bank connection of {business} ends {ends}. Renew it now: nothing stops until then.",
			button:  "Renew {bank}",
		},
		expiringMany: letterWords{
			subject: "Renew {count} bank connections before they end",
			preview: "Nothing has stopped yet. Each takes about a minute to renew.",
			label:   "End soon",
			heading: "Renew {count} bank connections",
			intro:   "{count} bank connections of {business} are going to end. Renew them now, on one page: nothing stops until then.",
			button:  "Renew your banks",
		},
		mixed: letterWords{
			subject: "Action needed: {count} bank connections",
			preview: "Some have stopped, some are going to end. Each takes about a minute.",
			label:   "Action needed",
			heading: "{count} bank connections need you",
			intro:   "{count} bank connections of {business} need you: below is which has stopped, and which is going to end. One page lets you see to them all.",
			button:  "See to your banks",
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
		worksOn: titled{
			title: "What goes on working:",
			text:  "once you have renewed, your transactions and balances keep coming in without a gap. You do not have to tell anyone.",
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
