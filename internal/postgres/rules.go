package postgres

import (
	"cmp"

	"relink/internal/item"
)

// The rules of internal/item as values that statements take as parameters, so that no statement spells a rule out
// again.

// remindingKinds returns the kinds of mails that ask the merchant for something.
func remindingKinds() []item.MailKind {
	var kinds []item.MailKind
	for _, k := range item.MailKinds() {
		if k.Reminds() {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// brokenStates returns the states in which data has stopped.
func brokenStates() []item.State {
	var states []item.State
	for _, s := range item.States() {
		if s.Broken() {
			states = append(states, s)
		}
	}
	return states
}

// countedKinds maps each state to the kind of mail that counts as a reminder of its incident. An incident that is over
// counts the mails about the break.
func countedKinds() map[item.State]item.MailKind {
	kinds := map[item.State]item.MailKind{}
	for _, s := range item.States() {
		kinds[s] = cmp.Or(s.MailKind(), item.Reminder)
	}
	return kinds
}
