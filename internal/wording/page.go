package wording

// Page holds the words of the merchant's pages, around what happened. Its texts may hold {bank}, and where noted other
// placeholders.
type Page struct {
	PageFor   // whose page it is; holds {business}
	Since     // since when nothing comes in; holds {date}
	Until     // until when a connection works; holds {date}
	Reconnect // the button of a connection that has stopped
	Renew     // the button of a connection that is going to end

	SeveralWait // several connections wait for the merchant; holds {count}
	AllWell     // no connection waits, and none has ended
	SomeEnded   // no connection waits, but some have ended
	BankDown    // the bank is down
	BanksDown   // several banks are down

	WorksOn // what goes on working while a connection is renewed

	Pills
	Secure   // beside the button: what it opens
	NoScript // for a browser without JavaScript
	Sharing
	Script

	LinkOver     // a link that is over, unknown or forged
	Problem      // something went wrong on our side
	OtherBrowser // the bank's return came to a browser that did not open Link
	NewLinkSent  // somebody asked for a fresh link
	StopQuestion // the question whether reminders are to stop
	Stopped      // reminders have stopped

	ForYouAlone // at the foot of the page
}

// The words of Page.
type (
	PageFor   string
	Since     string
	Until     string
	Reconnect string
	Renew     string

	SeveralWait Paragraph
	AllWell     Paragraph
	SomeEnded   Paragraph
	BankDown    Paragraph
	BanksDown   Paragraph

	Secure   string
	NoScript string

	LinkOver     Question
	Problem      Message
	OtherBrowser Message
	NewLinkSent  Message
	StopQuestion Question
	Stopped      Message

	ForYouAlone string
)

// Message is a page that only says something.
type Message struct {
	Title
	Text
	Todo
}

// Question is a message with a button.
type Question struct {
	Title
	Text
	Todo
	Button
}

// Pills are the word or two beside a bank's name that say how its connection stands.
type Pills struct {
	PillWaits // it has stopped, and waits for the merchant
	PillEnds  // it is going to end, and waits for the merchant
	PillDown  // its bank is down
	PillWorks
	PillEnded
}

// The words of Pills.
type (
	PillWaits string
	PillEnds  string
	PillDown  string
	PillWorks string
	PillEnded string
)

// Sharing explains who sees what, for what purpose, and how to end it.
type Sharing struct {
	SharingSummary // the line that opens the rest
	SharingPassword
	SharingScope
	SharingPurpose
	SharingEnd
}

// The words of Sharing.
type (
	SharingSummary  string
	SharingPassword Paragraph
	SharingScope    Paragraph
	SharingPurpose  Paragraph
	SharingEnd      Paragraph
)
