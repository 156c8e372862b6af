package wording

import "relink/internal/item"

func english() table {
	return table{
		broken: map[item.Cause]Trouble{
			item.Credentials: {
				Happened: "{bank} stopped accepting the saved sign-in. This usually happens after a password change.",
				Todo:     "Sign in to {bank} once more, with the same username as before. It takes about a minute.",
				Headline: "{bank} stopped accepting the saved sign-in",
				Meaning:  "This usually happens after a password change.",
				Do:       "Sign in once more, with the same username as before. It takes about a minute.",
			},
			item.MFA: {
				Happened: "{bank} wants a new one-time code before it shares anything again.",
				Todo:     "Sign in to {bank} and enter the code it sends you. Have your phone at hand.",
				Headline: "{bank} wants a new one-time code",
				Meaning:  "Your bank checks from time to time that it is still you.",
				Do:       "Sign in and enter the code {bank} sends you. Have your phone at hand.",
			},
			item.ConsentExpired: {
				Happened: "The permission you gave at {bank} has run out. Banks ask for it again from time to time.",
				Todo:     "Sign in to {bank} and confirm the permission again.",
				Headline: "Your permission at {bank} has run out",
				Meaning:  "Banks ask for the permission again from time to time.",
				Do:       "Sign in and confirm the permission again. It takes about a minute.",
			},
			item.ConsentRevoked: {
				Happened: "The permission to see this account was withdrawn at {bank}.",
				Todo:     "If that was not what you wanted, sign in to {bank} and give the permission again. If it was, there is nothing to do.",
				Headline: "The permission at {bank} was withdrawn",
				Meaning:  "Somebody with access to your account ended the sharing.",
				Do:       "If that was not what you wanted, sign in and give the permission again. If it was, you can close this page.",
			},
			item.AccountsMissing: {
				Happened: "{bank} no longer shares the accounts you had chosen.",
				Todo:     "Sign in to {bank} and choose the same accounts again.",
				Headline: "{bank} no longer shares the accounts you had chosen",
				Meaning:  "The sign-in still works, but the accounts are missing from it.",
				Do:       "Sign in and choose the same accounts again.",
			},
			item.BankAction: {
				Happened: "{bank} wants something from you first: to unlock your access, for example, or to set a new password.",
				Todo:     "Sign in on the website or in the app of {bank} and do what it asks for. Then come back to this mail and reconnect.",
				Headline: "{bank} wants something from you first",
				Meaning:  "To unlock your access, for example, or to set a new password.",
				Do:       "Sign in on the website or in the app of {bank} and do what it asks for. Then come back to this page and reconnect.",
			},
			item.ConsentExpiring: {
				Happened: "The permission you gave at {bank} was about to run out, and {bank} has stopped sharing your account.",
				Todo:     "Sign in to {bank} and confirm the permission again.",
				Headline: "Your permission at {bank} was about to run out",
				Meaning:  "The bank has stopped sharing your account.",
				Do:       "Sign in and confirm the permission again. It takes about a minute.",
			},
			item.Migration: {
				Happened: "{bank} has moved to a new way of signing in, and the old one has stopped working.",
				Todo:     "Sign in to {bank} once more, the new way. It takes about a minute.",
				Headline: "{bank} has moved to a new way of signing in",
				Meaning:  "The old one has stopped working.",
				Do:       "Sign in once more, the new way. It takes about a minute.",
			},
			item.NotSupported: {
				Happened: "{bank} no longer supports the connection in the way it was made.",
				Todo:     "Sign in to {bank} once more: sometimes that is enough. If it does not work, connect {bank} anew, in the place where you first connected it.",
				Headline: "{bank} no longer supports this connection",
				Meaning:  "It cannot go on in the way it was made.",
				Do:       "Sign in once more: sometimes that is enough. If it does not work, connect {bank} anew, in the place where you first connected it.",
			},
			item.Gone: {
				Happened: "The connection to {bank} has ended and cannot be repaired.",
				Todo:     "Connect {bank} anew, in the place where you first connected it.",
				Headline: "The connection to {bank} has ended",
				Meaning:  "It was removed, here or at the bank, and cannot be repaired.",
				Do:       "Connect {bank} anew, in the place where you first connected it.",
			},
		},
		anyBroken: Trouble{
			Happened: "{bank} stopped sharing your account.",
			Todo:     "Sign in to {bank} once more. It takes about a minute.",
			Headline: "{bank} stopped sharing your account",
			Meaning:  "The connection needs you to sign in again.",
			Do:       "Sign in once more. It takes about a minute.",
		},
		ending: map[item.Cause]Trouble{
			item.ConsentExpiring: {
				Happened: "The permission you gave at {bank} runs out {ends}. Nothing stops until then.",
				Todo:     "Sign in to {bank} and confirm the permission again before it runs out.",
				Headline: "Your permission at {bank} is about to run out",
				Meaning:  "Banks ask for the permission again from time to time.",
				Do:       "Sign in and confirm the permission again. It takes about a minute.",
			},
			item.Migration: {
				Happened: "{bank} is moving to a new way of signing in. The connection you have ends {ends}. Nothing stops until then.",
				Todo:     "Sign in to {bank} once more, the new way. It takes about a minute.",
				Headline: "{bank} is moving to a new way of signing in",
				Meaning:  "The connection you have is going to end with the old one.",
				Do:       "Sign in once more, the new way. It takes about a minute.",
			},
		},
		anyEnding: Trouble{
			Happened: "The connection to {bank} ends {ends}. Nothing stops until then.",
			Todo:     "Sign in to {bank} once more before it ends. It takes about a minute.",
			Headline: "The connection to {bank} is about to end",
			Meaning:  "The bank needs you to sign in again.",
			Do:       "Sign in once more. It takes about a minute.",
		},
	}
}
