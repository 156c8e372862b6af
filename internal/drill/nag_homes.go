package drill

import (
	"fmt"
	"slices"
	"strings"
)

// outage is who has which Items, and which of those heal before their bank is back.
type outage struct {
	owner []int  // by Item: its merchant
	heals []bool // by Item
}

// newOutage gives a third of the merchants one Item each and the others the rest. Of a merchant's Items all heal, all but
// one, the first alone, or none, so that there is every kind.
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

// household is a merchant after the outage: which of its Items are still broken, and what came for it.
type household struct {
	merchant string
	broken   []string
	mails    []letter
	// asked: Plaid had been asked about all Items again before mails went out. Otherwise a mail and its page may also have
	// some that have healed without a word.
	asked bool
}

// letter is a mail to a merchant; byte-identical copies are one.
type letter struct {
	messageID string
	lists     int      // connections in its text
	waiting   []string // Items that need something, on the page behind its deep link
}

// owed says that the household's mail is still to come.
func (h household) owed() bool { return len(h.broken) > 0 && len(h.mails) == 0 }

// wrong names what is not as it should be: exactly one mail, which lists every broken Item, or none where all healed.
func (h household) wrong() []string {
	var wrong []string
	complain := func(format string, args ...any) {
		wrong = append(wrong, h.merchant+": "+fmt.Sprintf(format, args...))
	}
	switch {
	case len(h.broken) == 0 && len(h.mails) > 0:
		complain("everything healed, and %d mails", len(h.mails))
		return wrong
	case h.owed():
		complain("%d items broken, and no mail", len(h.broken))
	case len(h.mails) > 1:
		complain("%d mails", len(h.mails))
	}
	for _, l := range h.mails {
		if l.lists < len(h.broken) || (h.asked && l.lists > len(h.broken)) {
			complain("mail %s lists %d items, and %d are broken", l.messageID, l.lists, len(h.broken))
		}
		left, more := without(h.broken, l.waiting), without(l.waiting, h.broken)
		if len(left) > 0 {
			complain("the page of mail %s leaves out %s", l.messageID, strings.Join(left, " "))
		}
		if h.asked && len(more) > 0 {
			complain("the page of mail %s has %s, which healed", l.messageID, strings.Join(more, " "))
		}
	}
	return wrong
}

// healedListed counts the connections that the household's mails list though they have healed.
func (h household) healedListed() int {
	n := 0
	for _, l := range h.mails {
		n += max(0, l.lists-len(h.broken))
	}
	return n
}

// without is what of a is not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(id string) bool { return slices.Contains(b, id) })
}
