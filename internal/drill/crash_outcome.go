package drill

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"relink/internal/outside"
)

// judgeStates asks relink about the Items until it says what Plaid says: every one is well.
func (c *crash) judgeStates(ctx context.Context) error {
	var wrong []string
	err := c.settle(ctx, "items not in Plaid's state", c.patience, func(ctx context.Context) (int, error) {
		found := make([]string, len(c.items))
		err := outside.Each(ctx, len(c.items), nil, func(ctx context.Context, it int) error {
			now, err := c.stack.World.Item(ctx, c.items[it].ID)
			found[it] = differs(now, "")
			return err
		})
		wrong = slices.DeleteFunc(found, func(complaint string) bool { return complaint == "" })
		return len(wrong), err
	})
	if err != nil {
		return err
	}
	c.figure(float64(len(c.items)-len(wrong)), "items in Plaid's state")
	c.none("items not in Plaid's state", wrong)
	return nil
}

// judgeMails holds the mailbox against timelines and claims, once nothing is missing any more.
func (c *crash) judgeMails(ctx context.Context) error {
	var all []afterCrash
	unnoted := 0
	err := c.settle(ctx, "items whose mails are missing", c.patience, func(ctx context.Context) (left int, err error) {
		if all, unnoted, err = c.mails(ctx); err != nil {
			return 0, err
		}
		for _, a := range all {
			if a.waits() {
				left++
			}
		}
		return left, nil
	})
	if err != nil {
		return err
	}
	var wrong []string
	reminders, thanks := 0, 0
	for _, a := range all {
		wrong = append(wrong, a.wrong()...)
		reminders, thanks = reminders+a.count("reminder"), thanks+a.count("reconnected")
	}
	c.figure(float64(reminders), "reminders, one Message-ID to a step")
	c.figure(float64(thanks), "thanks")
	c.figure(float64(unnoted), "handed over and not noted")
	c.none("mails too many, missing or under a second Message-ID", wrong)
	return nil
}

func (c *crash) mails(ctx context.Context) (all []afterCrash, unnoted int, err error) {
	told, err := c.told(ctx, c.items, c.merchants)
	if err != nil {
		return nil, 0, err
	}
	claims, err := c.claims(ctx)
	if err != nil {
		return nil, 0, err
	}
	for it, t := range told {
		t, n := t.withClaims(claims[t.item])
		all, unnoted = append(all, afterCrash{told: t, linked: linkedOf(it)}), unnoted+n
	}
	return all, unnoted, nil
}

// claims reads relink's book of mails, by Item.
func (c *crash) claims(ctx context.Context) (map[string][]claim, error) {
	rows, err := c.db.Query(ctx, `SELECT item_id, kind, message_id FROM mails`)
	if err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	all := map[string][]claim{}
	var (
		id  string
		one claim
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &one.kind, &one.messageID}, func() error {
		all[id] = append(all[id], one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	return all, nil
}
