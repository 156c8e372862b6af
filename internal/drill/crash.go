package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
)

type crashSize struct {
	items, kills int
	// patience is how long nothing may move: a mail that a killed worker had begun is tried again after a minute.
	patience time.Duration
}

// crashSizes are by Options.Short.
var crashSizes = map[bool]crashSize{
	false: {items: 200, kills: 8, patience: 90 * time.Second},
	true:  {items: 40, kills: 3, patience: 80 * time.Second},
}

// comesBack reports that the merchant of an Item repairs it through Link. Every fourth heals at the bank.
func comesBack(it int) bool { return it%4 != 0 }

// readsAfter is how long merchants leave a mail alone under sabotage, so that what is forgotten shows before they act.
const readsAfter = 10 * time.Second

type crash struct {
	*run
	size     crashSize
	platform *platform
	killed   chan error // gets one result, of the kill while the platform answers

	mu     sync.Mutex
	wanted int          // merchants who are to come back through Link
	back   map[int]bool // by Item: its merchant came back
	seen   int          // mails to those who are to come back
}

func rehearseCrash(ctx context.Context, r *run) error {
	c := &crash{run: r, size: crashSizes[r.Short], killed: make(chan error, 1), back: map[int]bool{}}
	stop, err := c.connectPlatform(ctx)
	if err != nil {
		return err
	}
	defer stop()
	r.owners = blackbox.Merchants(c.size.items)
	for it := range r.owners {
		if comesBack(it) {
			c.wanted++
		}
	}
	r.expect = func(it int) expectation { // every Item ends well, and nobody comes back through Link without a mail
		if comesBack(it) {
			return expectation{owed: true, thanks: 1}
		}
		return expectation{}
	}
	return inOrder(ctx, r.enrol, r.awaitRest, r.sabotage, c.liveThrough, c.judge, c.judgePlatform)
}

// liveThrough breaks all Items and brings each back, while the worker is killed again and again. Under sabotage nothing
// is killed: what is forgotten has to be found without.
func (c *crash) liveThrough(ctx context.Context) error {
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	if !c.Sabotage {
		g.Go(func() error {
			if err := c.restartAfterKill(ctx); err != nil {
				return err
			}
			return c.kill(ctx, "worker", marks(c.size.kills, rand.Float64), 0, c.progress)
		})
	}
	g.Go(func() error {
		if err := c.breakAll(ctx); err != nil {
			return err
		}
		g.Go(func() error { return c.healElsewhere(ctx) })
		return c.comeBack(ctx)
	})
	if err := g.Wait(); err != nil {
		return err
	}
	c.figure(float64(len(c.items)), "incidents at once")
	if !c.Sabotage {
		c.figure(float64(c.size.kills+1), "kills of the worker")
	}
	c.figure(float64(len(c.back)), "items repaired through Link")
	c.seconds(began, "s until then")
	return nil
}

// marks are random shares of the work, one within each of n equal parts, and none at the very end.
func marks(n int, random func() float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = 0.9 * (float64(i) + random()) / float64(n)
	}
	return all
}

// progress is the share of mails that came and of merchants who are back.
func (c *crash) progress() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(c.seen+len(c.back)) / float64(2*c.wanted)
}

// healElsewhere heals every fourth Item, and Plaid sends a webhook about it.
func (c *crash) healElsewhere(ctx context.Context) error {
	return blackbox.ForEach(ctx, len(c.items), func(ctx context.Context, it int) error {
		if comesBack(it) {
			return nil
		}
		if err := sleep(ctx, rand.N(2*time.Second)); err != nil { //nolint:gosec // no secret
			return err
		}
		if err := c.Client.Heal(ctx, c.items[it].ID); err != nil {
			return err
		}
		_, _, err := c.Client.Fire(ctx, map[string]any{"item_id": c.items[it].ID, "webhook_code": "LOGIN_REPAIRED"})
		return err
	})
}

// comeBack has every other merchant who gets a mail repair the Item through Link.
func (c *crash) comeBack(ctx context.Context) error {
	return c.poll(ctx, "merchants not back through Link", c.size.patience, func(ctx context.Context) (left int, err error) {
		byAddress, err := c.mailboxes(ctx)
		if err != nil {
			return 0, err
		}
		var ready []int
		c.mu.Lock()
		c.seen = 0
		for it := range c.items {
			if !comesBack(it) {
				continue
			}
			mails := byAddress[c.owners[it].Email]
			if len(mails) > 0 {
				c.seen++
			}
			if !c.back[it] {
				left++
				if len(mails) > 0 && (!c.Sabotage || time.Since(mails[0].Created) > readsAfter) {
					ready = append(ready, it)
				}
			}
		}
		c.mu.Unlock()
		return left, blackbox.ForEach(ctx, len(ready), func(ctx context.Context, i int) error {
			return c.repair(ctx, ready[i], byAddress[c.owners[ready[i]].Email][0])
		})
	})
}

// repair follows a mail's deep link: the page, its link token, Link, and the page's report that Link succeeded.
func (c *crash) repair(ctx context.Context, it int, listed blackbox.Mail) error {
	id := c.items[it].ID
	_, link, _, err := c.open(ctx, listed)
	if err != nil {
		return err
	}
	token, err := blackbox.Mint(ctx, link, id)
	if err != nil {
		return err
	}
	played, err := c.Client.PlayLink(ctx, token, "user_good", "pass_good")
	if err != nil {
		return err
	}
	if played.Callback != "onSuccess" {
		return fmt.Errorf("update-mode Link of item %s ended with %s", id, played.Callback)
	}
	if _, err := blackbox.Complete(ctx, link, id, played.Metadata.LinkSessionID); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back[it] = true
	return nil
}

func (c *crash) judge(ctx context.Context) error {
	if err := c.judgeStates(ctx, c.size.patience); err != nil {
		return err
	}
	sum, unnoted, err := c.judgeMails(ctx, c.size.patience, true)
	c.figure(float64(sum.count("reminder")), "reminders, one Message-ID to a step")
	c.figure(float64(sum.count("reconnected")), "thanks")
	c.figure(float64(unnoted), "handed over and not noted")
	return err
}
