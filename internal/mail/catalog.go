package mail

import "relink/internal/wording"

// catalog is what our mails say in one language around what happened, which is internal/wording's. A new language is a new
// catalog. In braces: {bank}, {business}, {person}, {sender}, {count}, {days}, {date}, {ends} (when a connection ends).
type catalog struct {
	locale wording.Locale

	hello      string
	helloNamed string
	someBank   string // when the institution's name is not known; it stands within sentences
	someone    string // when the business's name is not known

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
	stop       string // what the link that stops reminders is called
}

// titled is a paragraph that begins with its title.
type titled struct{ title, text string }

// letterWords are what one kind of mail says around its list of banks.
type letterWords struct{ subject, preview, label, heading, intro, button string }

// catalogs answers the catalog of every language.
func catalogs() map[wording.Locale]catalog {
	all := map[wording.Locale]catalog{}
	for _, c := range []catalog{english(), spanish(), french(), german()} {
		all[c.locale] = c
	}
	return all
}
