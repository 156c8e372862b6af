package outside

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many calls a crowd makes at the same time.
const atOnce = 8

// Each calls do for 0 to n-1, several at a time, until all are done or one fails. told, which may be nil, hears how many
// are done.
func Each(ctx context.Context, n int, told func(done int), do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	var done atomic.Int64
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(ctx, i); err != nil {
				return err
			}
			if told != nil {
				told(int(done.Add(1)))
			}
			return nil
		})
	}
	return g.Wait()
}

// LinkAll links an Item for each of the merchants, in their order, and waits until each has its workflow.
func (w World) LinkAll(ctx context.Context, merchants []Merchant, told func(done int)) ([]Item, error) {
	items := make([]Item, len(merchants))
	err := Each(ctx, len(merchants), told, func(ctx context.Context, i int) (err error) {
		if items[i], err = w.Link(ctx, merchants[i]); err != nil {
			return fmt.Errorf("link an item for %s: %w", merchants[i].ID, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return items, Each(ctx, len(items), nil, func(ctx context.Context, i int) error {
		return Await(ctx, "the workflow of item "+items[i].ID, func(ctx context.Context) (bool, error) {
			it, err := w.Item(ctx, items[i].ID)
			if err == nil {
				items[i] = it
			}
			return it.RunID != "", err
		})
	})
}

// Crowd makes up n merchants, each with an address of its own.
func Crowd(n int) []Merchant {
	all := make([]Merchant, n)
	for i := range all {
		all[i] = Merchant{
			ID: fmt.Sprintf("merchant-%d", i), BusinessName: fmt.Sprintf("Business No. %d", i), ContactName: "Ada",
			Email: fmt.Sprintf("owner-%d@crowd.example", i),
		}
	}
	return all
}

// AllMails lists every mail in the mailbox, oldest first, without their texts.
func (w World) AllMails(ctx context.Context) ([]Mail, error) {
	var list struct {
		Messages []Mail `json:"messages"`
	}
	if err := Call(ctx, "GET", w.Mailbox+"/api/v1/messages?limit=100000", "", nil, &list); err != nil {
		return nil, err
	}
	slices.Reverse(list.Messages)
	return list.Messages, nil
}

// RawMail answers a mail byte for byte.
func (w World) RawMail(ctx context.Context, id string) (string, error) {
	var raw string
	err := Call(ctx, "GET", w.Mailbox+"/api/v1/message/"+id+"/raw", "", nil, &raw)
	return raw, err
}
