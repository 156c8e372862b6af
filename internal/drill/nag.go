package drill

import (
	"context"
	"fmt"
	"strings"
	"time"

	"relink/internal/blackbox"
)

// nagPolicy mails at once and at any hour, but each merchant only every other day. The guard against a mass break is
// off: it would hold the mails too, and this drill is about the bank.
func nagPolicy(bool) string {
	return "second_look: 0s\nquiet: none\ngap: 48h\nmass_break: {of_institution: 0, of_all: 0}\nperpetual: {relinks: 0}\n"
}

type nagSize struct {
	merchants, items int
	// recheck: an operator has all Items asked about again before mails are let go, so that no mail can list a healed one.
	recheck bool
}

// nagSizes are by Options.Short.
var nagSizes = map[bool]nagSize{false: {merchants: 300, items: 1000}, true: {merchants: 30, items: 100, recheck: true}}

type nag struct {
	*run
	size      nagSize
	outage    outage
	merchants []blackbox.Merchant
	broken    int // Items that do not heal
}

func rehearseNag(ctx context.Context, r *run) error {
	n := &nag{run: r, size: nagSizes[r.Short]}
	n.outage, n.merchants = newOutage(n.size.merchants, n.size.items), blackbox.Merchants(n.size.merchants)
	for it, m := range n.outage.owner {
		r.owners = append(r.owners, n.merchants[m])
		if !n.outage.heals[it] {
			n.broken++
		}
	}
	return inOrder(ctx, r.enrol, r.awaitRest, n.takeBankDown, n.holdOutage, n.release, n.judge)
}

func (n *nag) takeBankDown(ctx context.Context) error {
	err := n.Client.Bank(ctx, platypus, "DOWN")
	if err == nil && n.Sabotage {
		err = n.Client.Bank(ctx, platypus, "HEALTHY")
	}
	return err
}

// holdOutage breaks all Items while nobody can log in at their bank, heals a part of them, and lasts until every Item
// has tried to mail.
func (n *nag) holdOutage(ctx context.Context) error {
	began := time.Now()
	if err := n.breakAll(ctx); err != nil {
		return err
	}
	if err := n.awaitBroken(ctx, len(n.items)); err != nil {
		return err
	}
	err := blackbox.ForEach(ctx, len(n.items), func(ctx context.Context, it int) error {
		if !n.outage.heals[it] {
			return nil
		}
		return n.Client.Heal(ctx, n.items[it].ID)
	})
	if err != nil {
		return err
	}
	healed := len(n.items) - n.broken
	n.Log(fmt.Sprintf("%d of %d items have healed, and Plaid says nothing about it", healed, len(n.items)))
	mails, busy := 0, n.Busy(n.items)
	what := "items with a mail under way, the bank being down"
	err = n.poll(ctx, what, restPatience, func(ctx context.Context) (left int, err error) {
		if mails, err = n.mailed(ctx); err != nil || mails > 0 {
			return 0, err
		}
		return busy(ctx)
	})
	if err != nil {
		return err
	}
	n.figure(float64(n.size.merchants), "merchants")
	n.figure(float64(len(n.items)), "items broken")
	n.figure(float64(healed), "healed meanwhile")
	n.seconds(began, "s of outage")
	return n.noMails("mails while the bank was down", mails)
}

// release ends the outage, and the quarter of an hour for which mails are held at a bank that is down.
func (n *nag) release(ctx context.Context) error {
	if err := n.Client.Bank(ctx, platypus, "HEALTHY"); err != nil {
		return err
	}
	query, waiting := "RelinkState = 'login_required'", len(n.items)
	// For a minute relink takes Plaid's last word, about banks and Items, as good enough.
	never := func(context.Context) (bool, error) { return false, nil }
	if err := n.pollFor(ctx, "the bank being back, while what relink knows of it grows old", 62*time.Second, never); err != nil {
		return err
	}
	if n.size.recheck {
		if err := n.commandAll(ctx, waiting, "items", "recheck", "--query", query, "--yes"); err != nil {
			return err
		}
		if err := n.awaitBroken(ctx, n.broken); err != nil {
			return err
		}
		waiting = n.broken
	}
	return n.commandAll(ctx, waiting, "items", "resume", "--query", query, "--yes")
}

// judge waits until every owed mail is there and nothing is under way, and judges what each merchant got.
func (n *nag) judge(ctx context.Context) error {
	began := time.Now()
	outcomes := n.outcomes()
	owing := 0
	for _, o := range outcomes {
		if o.owed() {
			owing++
		}
	}
	err := n.poll(ctx, "merchants whose mail is owed", time.Minute, func(ctx context.Context) (left int, err error) {
		byAddress, err := n.mailboxes(ctx)
		for m, o := range outcomes {
			if o.owed() && len(byAddress[n.merchants[m].Email]) == 0 {
				left++
			}
		}
		return left, err
	})
	if err != nil {
		return err
	}
	n.seconds(began, "s until all were mailed")
	if err := n.awaitRest(ctx); err != nil {
		return err
	}
	if err := n.readMails(ctx, outcomes); err != nil {
		return err
	}
	var wrong []string
	mails, healedListed := 0, 0
	for _, o := range outcomes {
		wrong, mails, healedListed = append(wrong, o.wrong()...), mails+len(o.mails), healedListed+o.healedListed()
	}
	n.figure(float64(owing), "merchants with broken items")
	n.figure(float64(mails), "mails to them")
	n.figure(float64(healedListed), "healed items listed")
	n.none("merchants without exactly one mail about all that is broken", wrong)
	return nil
}

// outcomes returns what is broken, by merchant.
func (n *nag) outcomes() []outcome {
	outcomes := make([]outcome, len(n.merchants))
	for m, its := range n.outage.broken(len(n.merchants)) {
		outcomes[m].merchant, outcomes[m].asked = n.merchants[m].ID, n.size.recheck
		for _, it := range its {
			outcomes[m].broken = append(outcomes[m].broken, n.items[it].ID)
		}
	}
	return outcomes
}

// readMails reads every mail, opens its deep link, and adds both to the outcomes.
func (n *nag) readMails(ctx context.Context, outcomes []outcome) error {
	byAddress, err := n.mailboxes(ctx)
	if err != nil {
		return err
	}
	return blackbox.ForEach(ctx, len(outcomes), func(ctx context.Context, m int) error {
		mails, err := n.distinct(ctx, byAddress[n.merchants[m].Email])
		if err != nil {
			return err
		}
		for _, listed := range mails {
			mail, _, page, err := n.open(ctx, listed)
			if err != nil {
				return err
			}
			read := readMail{messageID: mail.MessageID, lists: strings.Count(mail.Text, "What to do:")}
			for id, state := range blackbox.Connections(page) {
				if state != "connected" {
					read.waiting = append(read.waiting, id)
				}
			}
			outcomes[m].mails = append(outcomes[m].mails, read)
		}
		return nil
	})
}
