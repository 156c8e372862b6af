package drill

import (
	"math/rand/v2"
	"slices"
)

// hook is one webhook. Every time it is sent, it is the same signed token and body.
type hook struct {
	item       int
	kind, code string
}

// concernsHealth reports that the webhook is a reason to ask Plaid about the Item.
func (h hook) concernsHealth() bool { return h.kind == "ITEM" }

// step of a plan is a webhook to send (hook, from 0 on). When hook is negative, it is a change at the bank: code is the
// error that the Item has from then on, empty for none.
type step struct {
	hook int
	item int
	code string
}

func (s step) isChange() bool { return s.hook < 0 }

// plan is a history: what happens at the banks, and the webhooks about it, out of order and with exact duplicates.
//
// A webhook that was never sent before follows the last change of each Item. So relink has heard of it by the end,
// whatever it makes of the rest, and must hold what Plaid holds.
type plan struct {
	hooks []hook
	steps []step
	truth []string // by Item: the error it has at the end, empty for none
	// owed holds the Items that break once and stay broken, while no webhook claims that they healed: their merchants get
	// exactly one reminder. After a claim that Plaid contradicts, relink asks for minutes and mails nobody meanwhile.
	owed []bool
}

// lives are what happens to Items at their banks, one after the other.
var lives = [][]string{
	nil, nil, nil, nil,
	{loginRequired},
	{noAccounts}, // owed a reminder
	{loginRequired, ""},
	{locked, ""},
	{loginRequired, "", noAccounts},
	{locked, loginRequired},
}

func owesReminder(life []string) bool { return len(life) == 1 }

// newPlan makes a history of sends webhooks about items Items, a third of them exact duplicates.
func newPlan(random *rand.Rand, items, sends int) plan {
	p := plan{truth: make([]string, items), owed: make([]bool, items)}
	for n := range sends - sends/3 {
		it := n % items
		p.hooks = append(p.hooks, newHook(random, it, owesReminder(lives[it%len(lives)])))
	}
	order := make([]int, sends)
	for n := range order {
		order[n] = n
		if n >= len(p.hooks) {
			order[n] = random.IntN(len(p.hooks))
		}
	}
	random.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })

	before := p.changes(random, order)
	for at, h := range order {
		p.steps = append(p.steps, before[at]...)
		p.steps = append(p.steps, step{hook: h, item: p.hooks[h].item})
	}
	return p
}

func newHook(random *rand.Rand, it int, mayNotClaimHealed bool) hook {
	h := hook{item: it, kind: "ITEM", code: "ERROR"}
	switch n := random.IntN(10); {
	case n < 1:
		h.kind, h.code = "TRANSACTIONS", "SYNC_UPDATES_AVAILABLE"
	case n < 2:
		h.code = "A_CODE_OF_TOMORROW"
	case n < 5 && !mayNotClaimHealed:
		h.code = "LOGIN_REPAIRED"
	}
	return h
}

// changes returns which changes come before each position of order, and notes how the Items end.
func (p *plan) changes(random *rand.Rand, order []int) map[int][]step {
	seen := make([]bool, len(p.hooks))
	lastNews := map[int]int{} // by Item: where its last webhook that is news stands
	for at, h := range order {
		if !seen[h] && p.hooks[h].concernsHealth() {
			lastNews[p.hooks[h].item] = at
		}
		seen[h] = true
	}
	before := map[int][]step{}
	for it := range p.truth {
		last, told := lastNews[it]
		if !told {
			continue // nothing may happen to an Item that no webhook speaks of
		}
		life := lives[it%len(lives)]
		places := make([]int, len(life))
		for n := range places {
			places[n] = random.IntN(last + 1)
		}
		slices.Sort(places)
		for n, code := range life {
			before[places[n]] = append(before[places[n]], step{hook: -1, item: it, code: code})
			p.truth[it] = code
		}
		p.owed[it] = owesReminder(life)
	}
	return before
}

// victims are the Items that sabotage keeps relink from hearing of: every tenth. Each ends otherwise than it began.
func (p *plan) victims() []int {
	var chosen []int
	for it, code := range p.truth {
		if p.owed[it] && code == loginRequired {
			chosen = append(chosen, it)
		}
	}
	return chosen
}
