package wording

// Mail holds the words of mails, around what happened. Its texts may hold {bank}, {business}, {sender}, {count} (of
// connections) and {ends} (when a connection ends), and where noted other placeholders.
type Mail struct {
	Hello
	HelloNamed // holds {person}

	EndsOn      // fills {ends} if the day is known; holds {date}
	EndsSoon    // fills {ends} if it is not
	QuietOneDay // nothing came in for a day
	QuietDays   // nothing came in for several days; holds {days}

	ReminderOne  // one connection has stopped
	ReminderMany // several have stopped
	ExpiringOne  // one is going to end
	ExpiringMany // several are going to end
	Mixed        // some have stopped, some are going to end
	ThanksOne    // one works again
	ThanksMany   // several work again

	WorksOn  // what goes on working after a renewal; the text stands after its title in the same line
	WorksNow // what works again, in a thanks; the text stands after its title in the same line

	AlsoElsewhere // before the link in full
	LinkValid     // how long the link works, and for whom
	WhyYou        // why the reader gets this mail
	StopReminders // the link that ends reminders
}

// Letter is what one kind of mail says around its list of banks.
type Letter struct {
	Subject
	Preview // the line that a phone shows under the subject
	Label   // a word or two above the heading
	Heading
	Intro
	Button
}

// Thanks is a letter that asks for nothing.
type Thanks struct {
	Subject
	Preview
	Label
	Heading
	Intro
}

// The words of Mail.
type (
	Hello      string
	HelloNamed string

	EndsOn      string
	EndsSoon    string
	QuietOneDay string
	QuietDays   string

	ReminderOne  Letter
	ReminderMany Letter
	ExpiringOne  Letter
	ExpiringMany Letter
	Mixed        Letter
	ThanksOne    Thanks
	ThanksMany   Thanks

	WorksOn  Paragraph // of Page as well, in other words
	WorksNow Paragraph

	AlsoElsewhere string
	LinkValid     string
	WhyYou        string
	StopReminders string
)

// The words of Letter and Thanks, beside Button.
type (
	Subject string
	Preview string
	Label   string
	Heading string
	Intro   string
)
