package drill

import (
	"fmt"
	"slices"
)

// claim is a mail as relink's own book has it: claimed for a step, whether it went out or not.
type claim struct {
	kind, messageID string
}

// afterCrash is what a merchant was told in spite of crashes, and why the Item got well.
type afterCrash struct {
	told

	// linked: the merchant repaired the Item through Link, and is thanked once. Others healed elsewhere, and are not.
	linked bool
}

// withClaims adds to the timeline's mails those that the mailbox holds and only the claims know: the worker died between
// handing a mail over and noting it, and the Item was well before the mail could be tried again. It answers how many.
func (t told) withClaims(claims []claim) (told, int) {
	unnoted := 0
	t.sent = slices.Clone(t.sent)
	for _, c := range claims {
		noted := slices.ContainsFunc(t.sent, func(m sentMail) bool { return m.messageID == c.messageID })
		if !noted && slices.Contains(t.received, c.messageID) {
			t.sent = append(t.sent, sentMail(c))
			unnoted++
		}
	}
	return t, unnoted
}

func (t told) count(kind string) (n int) {
	for _, m := range t.sent {
		if m.kind == kind {
			n++
		}
	}
	return n
}

// waits says that something is still missing, which time may bring.
func (a afterCrash) waits() bool {
	arrived := 0
	for _, m := range a.sent {
		if slices.Contains(a.received, m.messageID) {
			arrived++
		}
	}
	return arrived < len(a.sent) || (a.linked && (a.count("reminder") == 0 || a.count("reconnected") == 0))
}

// wrong names every mail too many and every one missing.
func (a afterCrash) wrong() []string {
	a.owed = a.linked // nobody comes back through Link without a mail
	wrong := wrongMails(a.told)
	thanks, want := a.count("reconnected"), 0
	if a.linked {
		want = 1
	}
	if thanks != want {
		wrong = append(wrong, fmt.Sprintf("item %s: %d thanks, want %d", a.item, thanks, want))
	}
	return wrong
}
