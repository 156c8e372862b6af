package page

import "relink/internal/wording"

const safeEnglish = "We never ask for your bank password by mail or by phone."

func english() catalog {
	return catalog{
		locale: wording.English,
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		},
		dayMonth: "{month} {day}",
		someBank: "Your bank", someone: "your business",

		pageFor: "For {business}",
		since:   "Nothing has come in since {date}.",
		until:   "It works until {date}, and nothing stops before.",
		button:  "Reconnect {bank}",
		renew:   "Renew {bank}",
		many:    titled{"{count} bank connections need you", "Each takes about a minute. You can do them one after the other."},
		allWell: titled{"Everything is connected", "There is nothing for you to do. You can close this page."},
		allElse: titled{"A bank connection has ended", "It cannot be repaired here. This is what you can do."},
		held: titled{
			"{bank} is not answering at the moment",
			"That is the bank’s own trouble, not yours, and there is nothing you can do now. We will write to you when it is back.",
		},
		heldAll: titled{"Your banks are not answering at the moment", "There is nothing you can do now. We will write to you when they are back."},

		worksThen: titled{
			"What will work again",
			"Your transactions and balances come in again, and everything that needs them carries on by itself. You do not have to tell anyone.",
		},
		worksOn: titled{
			"What goes on working",
			"Your transactions and balances keep coming in without a gap. You do not have to tell anyone.",
		},

		pillWaits: "Needs you", pillEnds: "Ends soon", pillHeld: "Bank is down", pillWorks: "Connected", pillEnded: "Ended",

		labels: labels{
			WhatToDo: "What to do",
			Secure:   "Opens a secure window. We never see your password.",
			NoScript: "To go on, this page needs JavaScript. Please switch it on in your browser, or open the link on another device.",
			Details:  "Who sees what, and how to end it",
			Sharing: []titled{
				{"Your password", "You type it into a window run by Plaid, a company that connects accounts at thousands of banks, or on your bank’s own pages. It never reaches us."},
				{"What we see", "What you agreed to when you first connected: as a rule the balances and transactions of the accounts you choose."},
				{"What for", "So that the service you signed up for goes on working, without you having to send statements."},
				{"How to end it", "Whenever you like, at your bank or at my.plaid.com. Sharing stops at once."},
			},
		},
		script: []word{
			{"opening", "Opening the secure window…"},
			{"opened", "Please finish in the window that opened."},
			{"leaving", "Taking you to the secure page…"},
			{"resuming", "Welcome back. Going on with {bank}…"},
			{"verifying", "Checking with {bank}. This takes a few seconds…"},
			{"done", "Connected. You can close this page."},
			{"done-more", "Connected. Please go on with the next bank."},
			{"already", "It works already: there is nothing left to do here. You can close this page."},
			{"later", "{bank} has not confirmed yet. You can close this page: we will mail you when it is confirmed, or if anything more is needed."},
			{"unsure", "{bank} has not confirmed the connection. If you went through to the end, you can close this page: we will mail you when it is confirmed. If you stopped before, please try again."},
			{"untold", "You are done at {bank}, but we could not be reached to check it. Please open this page again in a minute."},
			{"closed", "The window was closed before {bank} was connected. Nothing has changed, and you can try again whenever you like."},
			{"wrong-password", "{bank} did not accept that username and password. First try them on the bank’s own website or in its app. When they work there, try again here."},
			{"wrong-code", "{bank} did not accept that code. Codes are good for a short time only: try again, and use the newest one."},
			{"bank-first", "{bank} wants something from you first. Sign in on its website or in its app, do what it asks for, then try again here."},
			{"other-login", "That was not the username this connection was made with. Please try again with the one you used before."},
			{"too-slow", "That took longer than the window waits. Please try again."},
			{"no-accounts", "{bank} shows no account that fits under this sign-in. Please try again with the sign-in that your business account belongs to."},
			{"not-offered", "{bank} cannot be reconnected in this way at the moment. Please tell whoever sent you this link, so that a person can help you."},
			{"popup", "The page of {bank} was closed, or your browser kept it from opening. If you saw no such page, allow pop-ups here, or open our mail in Safari or Chrome. Then try again."},
			{"lost", "Too much time has passed since you went to {bank}. Please start again here."},
			{"window-trouble", "The secure window had trouble of its own. That is not your fault. Please try again in a few minutes."},
			{"blocked", "The secure window could not be loaded. Please check your internet connection, or switch off a content blocker for this page, and try again."},
			{"trouble", "We could not be reached just now. Please check your internet connection and try again."},
			{"label-opening", "Opening…"},
			{"label-checking", "Checking…"},
			{"label-again", "Try again"},
			{"connected-headline", "{bank} is connected"},
			{"many-wait", "{left} bank connections still need you"},
			{"one-waits", "One bank connection still needs you"},
			{"none-waits", "Nothing more to reconnect now"},
		},
		over: notice{
			Title:  "This link is no longer valid",
			Text:   "Our links work for 7 days, and only for the person they were sent to.",
			Todo:   "Open the newest mail from us and use the link in it. Or have a fresh one mailed to the address on file.",
			Button: "Mail me a fresh link",
			Sign:   "clock", Foot: safeEnglish,
		},
		problem: notice{
			Title: "Something went wrong on our side",
			Text:  "It is not your fault, and nothing has changed at your bank.",
			Todo:  "Please try again in a minute: reload this page, or open the link in our mail again.",
			Sign:  "alert", Foot: safeEnglish,
		},
		elsewhere: notice{
			Title: "Please open the mail again",
			Text:  "Your bank has brought you back to another browser than the one you started in. What you did at the bank is not lost.",
			Todo:  "Open our mail once more and tap its button. The page then shows where you stand and, if anything is left to do, lets you go on.",
			Sign:  "mail", Foot: safeEnglish,
		},
		freshSent: notice{
			Title: "Please look into your mail",
			Text:  "If this link was one of ours, a fresh one is on its way to the address on file.",
			Todo:  "It should be there in a few minutes. If nothing comes, look into the spam folder, or ask whoever sent you the old link.",
			Sign:  "mail", Foot: safeEnglish,
		},
		stop: notice{
			Title:  "Stop the reminders?",
			Text:   "We will send you no more mails about your bank connections. When one of them stops, you will not hear of it by mail.",
			Todo:   "A person of our team will know, and may reach you another way.",
			Button: "Stop the reminders", Foot: safeEnglish,
		},
		stopped: notice{
			Title: "You will get no more reminders",
			Text:  "A mail that is on its way already may still arrive.",
			Todo:  "A person of our team knows. You can close this page.",
			Sign:  "mail", Foot: safeEnglish,
		},
		foot: "This page is meant for you alone. " + safeEnglish,
	}
}
