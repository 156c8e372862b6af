package drill

import "fmt"

// sentMail is a mail that an Item's timeline says was sent.
type sentMail struct {
	kind, messageID string
}

// told is what one merchant's Item says of itself, and what is in the merchant's mailbox: one Item to a merchant.
type told struct {
	item      string
	incidents int        // opened, by the timeline
	sent      []sentMail // by the timeline
	received  []string   // Message-IDs in the mailbox; byte-identical copies count once
	owed      bool       // exactly one reminder
}

// wrongMails names every mail too many and every one missing. A step of an incident has one Message-ID, which stands in
// the timeline: any other one in the mailbox is the second for a step.
func wrongMails(t told) []string {
	var wrong []string
	reminders, known := 0, map[string]bool{}
	for _, m := range t.sent {
		if known[m.messageID] {
			wrong = append(wrong, fmt.Sprintf("item %s: its timeline has mail %s twice", t.item, m.messageID))
		}
		known[m.messageID] = true
		if m.kind == "reminder" {
			reminders++
		}
	}
	arrived := map[string]bool{}
	for _, id := range t.received {
		switch {
		case arrived[id]:
			wrong = append(wrong, fmt.Sprintf("item %s: mail %s came twice with other bytes", t.item, id))
		case !known[id]:
			wrong = append(wrong, fmt.Sprintf("item %s: mail %s is in no timeline", t.item, id))
		}
		arrived[id] = true
	}
	for id := range known {
		if !arrived[id] {
			wrong = append(wrong, fmt.Sprintf("item %s: mail %s is in its timeline and not in the mailbox", t.item, id))
		}
	}
	if reminders > t.incidents {
		wrong = append(wrong, fmt.Sprintf("item %s: %d reminders of %d incidents within minutes", t.item, reminders, t.incidents))
	}
	if t.owed && reminders != 1 {
		wrong = append(wrong, fmt.Sprintf("item %s: broken once, and %d reminders", t.item, reminders))
	}
	return wrong
}
