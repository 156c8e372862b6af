package mail

import "relink/internal/wording"

func english() catalog {
	return catalog{
		locale: wording.English,

		hello:      "Hello,",
		helloNamed: "Hello {person},",
		someBank:   "your bank",
		someone:    "your business",

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
		stop:       "Stop these reminders",
	}
}
