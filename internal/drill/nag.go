package drill

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/outside"
)

// nagPolicy mails at once and at any hour, but to a merchant only every other day. The guard against a mass break is off:
// it would hold the mails too, and this drill is about the bank.
func nagPolicy(bool) string {
	return "second_look: 0s\nquiet: none\ngap: 48h\nmass_break: {of_institution: 0, of_all: 0}\nperpetual: {relinks: 0}\n"
}

// nagSize of the drill.
type nagSize struct {
	merchants, items int
	// recheck: an operator has all Items asked about again before mails are let go, so that no mail can list a healed one.
	recheck bool
}

var (
	nagFull  = nagSize{merchants: 300, items: 1000}
	nagShort = nagSize{merchants: 30, items: 100, recheck: true}
)

// nag is the drill under way.
type nag struct {
	*play
	nagSize
	outage    outage
	merchants []outside.Merchant
	items     []outside.Item
	db        *pgx.Conn
	broken    int // Items that do not heal
}

func playNag(ctx context.Context, p *play) (err error) {
	n := &nag{play: p, nagSize: nagFull}
	if p.Short {
		n.nagSize = nagShort
	}
	n.outage, n.merchants = newOutage(n.nagSize.merchants, n.nagSize.items), outside.Crowd(n.nagSize.merchants)
	for _, heals := range n.outage.heals {
		if !heals {
			n.broken++
		}
	}
	if n.db, err = p.connect(ctx); err != nil {
		return err
	}
	defer p.disconnect(n.db)
	owners := make([]outside.Merchant, len(n.outage.owner))
	for it, m := range n.outage.owner {
		owners[it] = n.merchants[m]
	}
	if n.items, err = p.linkAndAsk(ctx, owners); err != nil {
		return err
	}
	held, err := n.playOutage(ctx)
	if err != nil || !held { // whoever was mailed already tells nothing about what would come now
		return err
	}
	if err := n.release(ctx); err != nil {
		return err
	}
	return n.judge(ctx)
}

// playOutage breaks all Items while nobody can log in at their bank, heals a part of them, and lasts until
// every Item has tried to mail. held: nobody was mailed.
func (n *nag) playOutage(ctx context.Context) (held bool, err error) {
	w := n.stack.World
	err = w.Bank(ctx, platypus, "DOWN")
	if err == nil && n.Sabotage {
		err = w.Bank(ctx, platypus, "HEALTHY")
	}
	if err != nil {
		return false, fmt.Errorf("take the bank down: %w", err)
	}
	began := time.Now()
	if err := n.breakAll(ctx, len(n.items)); err != nil {
		return false, err
	}
	if err := n.settleBroken(ctx, n.db, len(n.items)); err != nil {
		return false, err
	}
	err = outside.Each(ctx, len(n.items), nil, func(ctx context.Context, it int) error {
		if !n.outage.heals[it] {
			return nil
		}
		return w.Heal(ctx, n.items[it].ID)
	})
	if err != nil {
		return false, fmt.Errorf("heal a part: %w", err)
	}
	n.Say(fmt.Sprintf("%d of %d items have healed, and Plaid says nothing about it", len(n.items)-n.broken, len(n.items)))
	mails := 0
	err = n.settleAtRest(ctx, "items with a mail under way, the bank being down", n.items, func(ctx context.Context) (bool, error) {
		mails, err = n.mailed(ctx)
		return mails > 0, err
	})
	if err != nil {
		return false, err
	}
	n.figure(float64(n.nagSize.merchants), "merchants")
	n.figure(float64(len(n.items)), "items broken")
	n.figure(float64(len(n.items)-n.broken), "healed meanwhile")
	n.figure(round(time.Since(began).Seconds()), "s of outage")
	n.figure(float64(mails), "mails during it")
	n.bar("mails while the bank was down", mails == 0, "0", fmt.Sprintf("%d or more", mails))
	return mails == 0, nil
}

// release ends the outage, and the quarter of an hour for which mails are held at a bank that is down.
func (n *nag) release(ctx context.Context) error {
	if err := n.stack.World.Bank(ctx, platypus, "HEALTHY"); err != nil {
		return fmt.Errorf("bring the bank back: %w", err)
	}
	waiting, known := "RelinkState = 'login_required'", len(n.items)
	// For a minute relink takes Plaid's last word, about banks and Items, for good enough.
	nothing := func(context.Context) (bool, error) { return false, nil }
	if err := n.watch(ctx, "the bank is back; what relink knows of it grows old", 62*time.Second, nothing); err != nil {
		return err
	}
	if n.recheck {
		if err := n.lookAgain(ctx, waiting); err != nil {
			return err
		}
		known = n.broken
	}
	return n.order(ctx, known, "items", "resume", "--query", waiting, "--yes")
}

// lookAgain has every Item asked about, so that relink knows which are healed.
func (n *nag) lookAgain(ctx context.Context, waiting string) error {
	if err := n.order(ctx, len(n.items), "items", "recheck", "--query", waiting, "--yes"); err != nil {
		return err
	}
	return n.settleBroken(ctx, n.db, n.broken)
}

// judge reads what came, once every mail that is owed is there and no Item has one under way.
func (n *nag) judge(ctx context.Context) error {
	began := time.Now()
	homes := n.households()
	owing := 0
	for _, h := range homes {
		if h.owed() {
			owing++
		}
	}
	err := n.settle(ctx, "merchants whose mail is owed", time.Minute, func(ctx context.Context) (left int, err error) {
		byAddress, err := n.mailboxes(ctx)
		if err != nil {
			return 0, err
		}
		for m, h := range homes {
			if h.owed() && len(byAddress[n.merchants[m].Email]) == 0 {
				left++
			}
		}
		return left, nil
	})
	if err != nil {
		return err
	}
	n.figure(round(time.Since(began).Seconds()), "s until all were mailed")
	if err := n.settleAtRest(ctx, "items with a mail under way", n.items, nil); err != nil {
		return err
	}
	if err := n.open(ctx, homes); err != nil {
		return err
	}
	var wrong []string
	mails, healedListed := 0, 0
	for _, h := range homes {
		wrong = append(wrong, h.wrong()...)
		mails, healedListed = mails+len(h.mails), healedListed+h.healedListed()
	}
	n.figure(float64(owing), "merchants with broken items")
	n.figure(float64(mails), "mails to them")
	n.figure(float64(healedListed), "healed items listed")
	n.none("merchants without exactly one mail about all that is broken", wrong)
	return nil
}

func (n *nag) households() []household {
	homes := make([]household, len(n.merchants))
	for m, its := range n.outage.broken(len(n.merchants)) {
		homes[m].merchant, homes[m].asked = n.merchants[m].ID, n.recheck
		for _, it := range its {
			homes[m].broken = append(homes[m].broken, n.items[it].ID)
		}
	}
	return homes
}

// open reads every mail, and opens its deep link.
func (n *nag) open(ctx context.Context, homes []household) error {
	byAddress, err := n.mailboxes(ctx)
	if err != nil {
		return err
	}
	return outside.Each(ctx, len(homes), nil, func(ctx context.Context, m int) error {
		seen := map[string]bool{}
		for _, listed := range byAddress[n.merchants[m].Email] {
			raw, err := n.stack.World.RawMail(ctx, listed.ID)
			if err != nil {
				return fmt.Errorf("read mail %s: %w", listed.ID, err)
			}
			if seen[raw] {
				continue
			}
			seen[raw] = true
			l, err := n.read(ctx, listed)
			if err != nil {
				return fmt.Errorf("read mail %s: %w", listed.ID, err)
			}
			homes[m].mails = append(homes[m].mails, l)
		}
		return nil
	})
}

func (n *nag) read(ctx context.Context, listed outside.Mail) (letter, error) {
	mail, err := n.stack.World.Mail(ctx, listed.ID)
	if err != nil {
		return letter{}, err
	}
	l := letter{messageID: mail.MessageID, lists: strings.Count(mail.Text, "What to do:")}
	link, err := mail.DeepLink()
	if err != nil {
		return letter{}, err
	}
	page, err := outside.Page(ctx, link)
	if err != nil {
		return letter{}, err
	}
	for id, state := range outside.Connections(page) {
		if state != "connected" {
			l.waiting = append(l.waiting, id)
		}
	}
	return l, nil
}
