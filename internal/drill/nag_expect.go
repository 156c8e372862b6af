package drill

import (
	"fmt"
	"slices"
	"strings"
)

// outage says who has which Items, and which of those heal before their bank is back.
type outage struct {
	owner []int  // by Item: its merchant
	heals []bool // by Item
}

// newOutage gives a third of the merchants one Item each and the others the rest. Of a merchant's Items all heal, all
// but one, the first alone, or none, so that there is every kind.
func newOutage(merchants, items int) outage {
	o := outage{owner: make([]int, items), heals: make([]bool, items)}
	alone := merchants / 3
	of := make([][]int, merchants)
	for it := range items {
		m := it
		if it >= alone {
			m = alone + (it-alone)%(merchants-alone)
		}
		o.owner[it] = m
		of[m] = append(of[m], it)
	}
	for m, mine := range of {
		healed := [...]int{len(mine), 0, len(mine) - 1, 1, 1}[m%5]
		for _, it := range mine[:healed] {
			o.heals[it] = true
		}
	}
	return o
}

// broken are the Items that do not heal, by merchant.
func (o outage) broken(merchants int) [][]int {
	of := make([][]int, merchants)
	for it, m := range o.owner {
		if !o.heals[it] {
			of[m] = append(of[m], it)
		}
	}
	return of
}

// outcome is a merchant after the outage: which of its Items are still broken, and what it was mailed.
type outcome struct {
	merchant string
	broken   []string
	mails    []readMail
	// asked: Plaid was asked about all Items again before mails went out. Otherwise a mail and its page may also list some
	// that healed without a webhook.
	asked bool
}

// readMail is a mail to a merchant, and the page behind its deep link. Byte-identical copies are one.
type readMail struct {
	messageID string
	lists     int      // connections in its text
	waiting   []string // Items that need something, on the page
}

// owed reports that the merchant's mail is still to come.
func (o outcome) owed() bool { return len(o.broken) > 0 && len(o.mails) == 0 }

// wrong names what is not as it should be: exactly one mail, which lists every broken Item; or none where all healed.
func (o outcome) wrong() []string {
	var wrong []string
	complain := func(format string, args ...any) {
		wrong = append(wrong, o.merchant+": "+fmt.Sprintf(format, args...))
	}
	switch {
	case len(o.broken) == 0 && len(o.mails) > 0:
		complain("everything healed, and %d mails", len(o.mails))
		return wrong
	case o.owed():
		complain("%d items broken, and no mail", len(o.broken))
	case len(o.mails) > 1:
		complain("%d mails", len(o.mails))
	}
	for _, m := range o.mails {
		if m.lists < len(o.broken) || (o.asked && m.lists > len(o.broken)) {
			complain("mail %s lists %d items, and %d are broken", m.messageID, m.lists, len(o.broken))
		}
		left, more := without(o.broken, m.waiting), without(m.waiting, o.broken)
		if len(left) > 0 {
			complain("the page of mail %s leaves out %s", m.messageID, strings.Join(left, " "))
		}
		if o.asked && len(more) > 0 {
			complain("the page of mail %s has %s, which healed", m.messageID, strings.Join(more, " "))
		}
	}
	return wrong
}

// healedListed counts the connections that the merchant's mails list although they have healed.
func (o outcome) healedListed() int {
	n := 0
	for _, m := range o.mails {
		n += max(0, m.lists-len(o.broken))
	}
	return n
}

// without returns what of a is not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(id string) bool { return slices.Contains(b, id) })
}
