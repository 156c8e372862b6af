package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"relink/internal/outside"
)

// crashSize of the drill.
type crashSize struct {
	items, kills int
	// patience is how long nothing may move: a mail that a killed worker had begun is tried again after a minute.
	patience time.Duration
}

var (
	crashFull  = crashSize{items: 200, kills: 8, patience: 90 * time.Second}
	crashShort = crashSize{items: 40, kills: 3, patience: 80 * time.Second}
)

// linkedOf says that the merchant of an Item repairs it through Link; every fourth heals elsewhere.
func linkedOf(it int) bool { return it%4 != 0 }

// readsAfter is how long merchants leave a mail alone under sabotage, so that what is forgotten shows before they act.
const readsAfter = 10 * time.Second

// crash is the drill under way.
type crash struct {
	*play
	crashSize
	merchants []outside.Merchant
	items     []outside.Item
	db        *pgx.Conn
	platform  *platform

	mu   sync.Mutex
	back map[int]bool // by Item: through Link
	seen int          // mails to those who are to come back through Link
}

func playCrash(ctx context.Context, p *play) (err error) {
	c := &crash{play: p, crashSize: crashFull, back: map[int]bool{}}
	if p.Short {
		c.crashSize = crashShort
	}
	c.merchants = outside.Crowd(c.crashSize.items)
	if c.db, err = p.connect(ctx); err != nil {
		return err
	}
	defer p.disconnect(c.db)
	stop, err := c.connectPlatform(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if c.items, err = p.linkAndAsk(ctx, c.merchants); err != nil {
		return err
	}
	if p.Sabotage {
		if err := c.forgetClaims(ctx); err != nil {
			return err
		}
	}
	if err := c.liveThrough(ctx); err != nil {
		return err
	}
	if err := c.judgeStates(ctx); err != nil {
		return err
	}
	if err := c.judgeMails(ctx); err != nil {
		return err
	}
	return c.judgePlatform(ctx)
}

// forgetClaims loses what relink knows of a reminder once it is sent, and has the next one of its slot look like another.
func (c *crash) forgetClaims(ctx context.Context) error {
	return sabotage(ctx, c.db,
		`CREATE TABLE forgotten (merchant_id text, slot text, PRIMARY KEY (merchant_id, slot))`,
		`CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			INSERT INTO forgotten VALUES (NEW.merchant_id, NEW.slot) ON CONFLICT DO NOTHING;
			IF FOUND THEN -- once
				DELETE FROM mail_items WHERE mail_id = NEW.mail_id;
				DELETE FROM mails WHERE mail_id = NEW.mail_id;
			END IF;
			RETURN NULL;
		END $$`,
		`CREATE TRIGGER forget AFTER UPDATE ON mails FOR EACH ROW WHEN (NEW.kind = 'reminder' AND NEW.sent_at IS NOT NULL) EXECUTE FUNCTION forget()`,
		`CREATE FUNCTION rename() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF EXISTS (SELECT FROM forgotten f WHERE f.merchant_id = NEW.merchant_id AND f.slot = NEW.slot) THEN
				NEW.message_id := 'again-' || NEW.message_id;
				NEW.notice := jsonb_set(NEW.notice::jsonb, '{MessageID}', to_jsonb(NEW.message_id))::json;
			END IF;
			RETURN NEW;
		END $$`,
		`CREATE TRIGGER rename BEFORE INSERT ON mails FOR EACH ROW EXECUTE FUNCTION rename()`)
}

// liveThrough breaks all Items and brings each back, while the worker is killed again and again. Under sabotage nothing
// is killed: what is forgotten has to be found without.
func (c *crash) liveThrough(ctx context.Context) error {
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	if !c.Sabotage {
		g.Go(func() error {
			if err := c.killBeforeTheAnswer(ctx); err != nil {
				return err
			}
			return c.kill(ctx, "worker", marks(c.kills, rand.Float64), 0, c.progress)
		})
	}
	g.Go(func() error {
		if err := c.breakAll(ctx, len(c.items)); err != nil {
			return err
		}
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return c.healElsewhere(ctx) })
		g.Go(func() error { return c.comeBack(ctx) })
		return g.Wait()
	})
	if err := g.Wait(); err != nil {
		return err
	}
	c.figure(float64(len(c.items)), "incidents at once")
	if !c.Sabotage {
		c.figure(float64(c.kills+1), "kills of the worker")
	}
	c.figure(float64(len(c.back)), "items repaired through Link")
	c.figure(round(time.Since(began).Seconds()), "s until then")
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
	wanted := 0
	for it := range c.items {
		if linkedOf(it) {
			wanted++
		}
	}
	return float64(c.seen+len(c.back)) / float64(2*wanted)
}

// healElsewhere heals every fourth Item, and Plaid says so.
func (c *crash) healElsewhere(ctx context.Context) error {
	return outside.Each(ctx, len(c.items), nil, func(ctx context.Context, it int) error {
		if linkedOf(it) {
			return nil
		}
		select {
		case <-time.After(rand.N(2 * time.Second)): //nolint:gosec // no secret
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		id := c.items[it].ID
		if err := c.stack.World.Heal(ctx, id); err != nil {
			return fmt.Errorf("heal item %s: %w", id, err)
		}
		_, _, err := c.stack.World.Fire(ctx, map[string]any{"item_id": id, "webhook_type": "ITEM", "webhook_code": "LOGIN_REPAIRED"})
		if err != nil {
			return fmt.Errorf("say that item %s healed: %w", id, err)
		}
		return nil
	})
}

// comeBack has every other merchant who gets a mail repair the Item through Link.
func (c *crash) comeBack(ctx context.Context) error {
	return c.settle(ctx, "merchants not back through Link", c.patience, func(ctx context.Context) (left int, err error) {
		byAddress, err := c.mailboxes(ctx)
		if err != nil {
			return 0, err
		}
		var ready []int
		seen := 0
		for it := range c.items {
			mails := byAddress[c.merchants[it].Email]
			if !linkedOf(it) {
				continue
			}
			if len(mails) > 0 {
				seen++
			}
			if !c.isBack(it) {
				left++
				if len(mails) > 0 && (!c.Sabotage || time.Since(mails[0].Created) > readsAfter) {
					ready = append(ready, it)
				}
			}
		}
		c.mu.Lock()
		c.seen = seen
		c.mu.Unlock()
		err = outside.Each(ctx, len(ready), nil, func(ctx context.Context, i int) error {
			it := ready[i]
			return c.repair(ctx, it, byAddress[c.merchants[it].Email][0])
		})
		return left, err
	})
}

func (c *crash) isBack(it int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.back[it]
}

// repair follows a mail's deep link: the page, its link token, Link, and the page's word that Link succeeded.
func (c *crash) repair(ctx context.Context, it int, listed outside.Mail) error {
	mail, err := c.stack.World.Mail(ctx, listed.ID)
	if err != nil {
		return err
	}
	link, err := mail.DeepLink()
	if err != nil {
		return err
	}
	id := c.items[it].ID
	if _, err := outside.Page(ctx, link); err != nil {
		return err
	}
	token, err := outside.Mint(ctx, link, id)
	if err != nil {
		return err
	}
	played, err := c.stack.World.PlayLink(ctx, token, "user_good", "pass_good")
	if err != nil {
		return err
	}
	if played.Callback != "onSuccess" {
		return fmt.Errorf("update-mode Link of item %s ended with %s", id, played.Callback)
	}
	if _, err := outside.Complete(ctx, link, id, played.Metadata.LinkSessionID); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back[it] = true
	return nil
}
