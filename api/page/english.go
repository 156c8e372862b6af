package page

import "relink/internal/item"

// catalog is every word of our pages in one language, also those the script shows. A new language is a new catalog.
// In braces: {bank}, {business}, {count}, {date}; and {left}, which the script fills in.
type catalog struct {
	lang       string // BCP 47
	dateLayout string
	someBank   string // when the institution's name is not known
	someone    string // when the business's name is not known

	pageFor string
	why     map[item.Cause]trouble
	anyWhy  trouble                // a cause this catalog does not know yet
	ends    map[item.Cause]trouble // of a connection that still works
	anyEnd  trouble
	since   string
	until   string
	button  string
	renew   string
	many    titled // several connections wait
	allWell titled // none does
	allElse titled // none does, but some have ended

	pillWaits, pillEnds, pillWorks, pillEnded string

	labels  labels
	script  []word
	over    notice
	problem notice
	foot    string
}

// trouble is what happened to a connection, what that means, and what its owner does about it.
type trouble struct{ headline, meaning, todo string }

type titled struct{ title, text string }

// labels are the fixed words around a connection.
type labels struct {
	WhatToDo, Secure, NoScript string
	Details                    string   // the disclosure's summary
	Sharing                    []string // its paragraphs
}

// notice is a page that only says something.
type notice struct {
	Lang, Title, Text, Todo, Foot string
	Trouble                       bool // ours, not the link's
}

const safeEnglish = "We never ask for your bank password by mail or by phone."

func english() catalog {
	return catalog{
		lang: "en", dateLayout: "January 2",
		someBank: "Your bank", someone: "your business",

		pageFor: "For {business}",
		why: map[item.Cause]trouble{
			item.Credentials: {
				headline: "{bank} stopped accepting the saved sign-in",
				meaning:  "This usually happens after a password change.",
				todo:     "Sign in once more, with the same username as before. It takes about a minute.",
			},
			item.MFA: {
				headline: "{bank} wants a new one-time code",
				meaning:  "Your bank checks from time to time that it is still you.",
				todo:     "Sign in and enter the code {bank} sends you. Have your phone at hand.",
			},
			item.ConsentExpired: {
				headline: "Your permission at {bank} has run out",
				meaning:  "Banks ask for the permission again from time to time.",
				todo:     "Sign in and confirm the permission again. It takes about a minute.",
			},
			item.ConsentRevoked: {
				headline: "The permission at {bank} was withdrawn",
				meaning:  "Somebody with access to your account ended the sharing.",
				todo:     "If that was not what you wanted, sign in and give the permission again. If it was, you can close this page.",
			},
			item.AccountsMissing: {
				headline: "{bank} no longer shares the accounts you had chosen",
				meaning:  "The sign-in still works, but the accounts are missing from it.",
				todo:     "Sign in and choose the same accounts again.",
			},
			item.BankAction: {
				headline: "{bank} wants something from you first",
				meaning:  "To unlock your access, for example, or to set a new password.",
				todo:     "Sign in on the website or in the app of {bank} and do what it asks for. Then come back to this page and reconnect.",
			},
			item.ConsentExpiring: {
				headline: "Your permission at {bank} was about to run out",
				meaning:  "The bank has stopped sharing your account.",
				todo:     "Sign in and confirm the permission again. It takes about a minute.",
			},
			item.Migration: {
				headline: "{bank} has moved to a new way of signing in",
				meaning:  "The old one has stopped working.",
				todo:     "Sign in once more, the new way. It takes about a minute.",
			},
			item.NotSupported: {
				headline: "{bank} no longer supports this connection",
				meaning:  "It cannot go on in the way it was made.",
				todo:     "Sign in once more: sometimes that is enough. If it does not work, connect {bank} anew, in the place where you first connected it.",
			},
			item.Gone: {
				headline: "The connection to {bank} has ended",
				meaning:  "It was removed, here or at the bank, and cannot be repaired.",
				todo:     "Connect {bank} anew, in the place where you first connected it.",
			},
		},
		anyWhy: trouble{
			headline: "{bank} stopped sharing your account",
			meaning:  "The connection needs you to sign in again.",
			todo:     "Sign in once more. It takes about a minute.",
		},
		ends: map[item.Cause]trouble{
			item.ConsentExpiring: {
				headline: "Your permission at {bank} is about to run out",
				meaning:  "Banks ask for the permission again from time to time.",
				todo:     "Sign in and confirm the permission again. It takes about a minute.",
			},
			item.Migration: {
				headline: "{bank} is moving to a new way of signing in",
				meaning:  "The connection you have is going to end with the old one.",
				todo:     "Sign in once more, the new way. It takes about a minute.",
			},
		},
		anyEnd: trouble{
			headline: "The connection to {bank} is about to end",
			meaning:  "The bank needs you to sign in again.",
			todo:     "Sign in once more. It takes about a minute.",
		},
		since:  "Nothing has come in since {date}.",
		until:  "It works until {date}, and nothing stops before.",
		button: "Reconnect {bank}",
		renew:  "Renew {bank}",
		many: titled{
			title: "{count} bank connections need you",
			text:  "Each takes about a minute. You can do them one after the other.",
		},
		allWell: titled{
			title: "Everything is connected",
			text:  "There is nothing for you to do. You can close this page.",
		},
		allElse: titled{
			title: "A bank connection has ended",
			text:  "It cannot be repaired here. This is what you can do.",
		},
		pillWaits: "Needs you", pillEnds: "Ends soon", pillWorks: "Connected", pillEnded: "Ended",

		labels: labels{
			WhatToDo: "What to do",
			Secure:   "Opens a secure window. We never see your password.",
			NoScript: "To go on, this page needs JavaScript. Please switch it on in your browser, or open the link on another device.",
			Details:  "What you share, and with whom",
			Sharing: []string{
				"The secure window is run by Plaid, a company that connects accounts at thousands of banks. You sign in there or on your bank's own pages. Your username and password never reach us.",
				"You share what you agreed to when you first connected: as a rule the balances and transactions of the accounts you choose.",
				"You can stop sharing whenever you like, at your bank or at my.plaid.com.",
			},
		},
		script: []word{
			{"opening", "Opening the secure window…"},
			{"opened", "Please finish in the window that opened."},
			{"verifying", "Checking with {bank}. This takes a few seconds…"},
			{"done", "Connected. You can close this page."},
			{"done-more", "Connected. Please go on with the next bank."},
			{"later", "{bank} has not confirmed yet. You can close this page: we will mail you when it is confirmed, or if anything more is needed."},
			{"untold", "You are done at {bank}, but we could not be reached to check it. Please open this page again in a minute."},
			{"closed", "The window was closed before {bank} was connected. Nothing has changed, and you can try again whenever you like."},
			{"bank-down", "{bank} is not answering at the moment. That is not your fault. Please try again in an hour."},
			{"bank-first", "{bank} wants something from you first. Sign in on its website or in its app, do what it asks for, then try again here."},
			{"other-login", "That was not the username this connection was made with. Please try again with the one you used before."},
			{"too-slow", "That took longer than the window waits. Please try again."},
			{"blocked", "The secure window could not be loaded. Please check your internet connection, or switch off a content blocker for this page, and try again."},
			{"trouble", "We could not be reached just now. Please check your internet connection and try again."},
			{"label-opening", "Opening…"},
			{"label-checking", "Checking…"},
			{"label-again", "Try again"},
			{"connected-pill", "Connected"},
			{"connected-headline", "{bank} is connected"},
			{"all-connected", "Everything is connected"},
			{"many-wait", "{left} bank connections still need you"},
			{"one-waits", "One bank connection still needs you"},
			{"none-waits", "Nothing more to reconnect"},
		},
		over: notice{
			Lang: "en", Title: "This link is no longer valid",
			Text: "Our links work for 7 days, and only for the person they were sent to.",
			Todo: "Open the newest mail from us and use the link in it. If you have none, ask whoever sent you this link for a new one.",
			Foot: safeEnglish,
		},
		problem: notice{
			Lang: "en", Title: "Something went wrong on our side",
			Text: "It is not your fault, and nothing has changed at your bank.",
			Todo: "Please try again in a minute: reload this page, or open the link in our mail again.",
			Foot: safeEnglish, Trouble: true,
		},
		foot: "This page is meant for you alone. " + safeEnglish,
	}
}
