package blackbox

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// callsAtOnce is how many calls ForEach makes at the same time.
const callsAtOnce = 8

// ForEach calls do for 0 to n-1, several at a time, until all are done or one fails.
func ForEach(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(callsAtOnce)
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i)
		})
	}
	return g.Wait()
}

// EnrolAll links and enrols an Item for each of the merchants, in their order, and waits until each has its workflow.
// It calls onProgress with the number enrolled.
func (w Client) EnrolAll(ctx context.Context, merchants []Merchant, onProgress func(done int)) ([]Item, error) {
	items := make([]Item, len(merchants))
	var done atomic.Int64
	err := ForEach(ctx, len(merchants), func(ctx context.Context, i int) (err error) {
		if items[i], err = w.Link(ctx, merchants[i]); err != nil {
			return fmt.Errorf("link an item for %s: %w", merchants[i].ID, err)
		}
		onProgress(int(done.Add(1)))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return items, ForEach(ctx, len(items), func(ctx context.Context, i int) error {
		return Await(ctx, "the workflow of item "+items[i].ID, func(ctx context.Context) (bool, error) {
			it, err := w.Item(ctx, items[i].ID)
			if err == nil {
				items[i] = it
			}
			return it.RunID != "", err
		})
	})
}

// Merchants makes up n merchants, each with an address of its own.
func Merchants(n int) []Merchant {
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
func (w Client) AllMails(ctx context.Context) ([]Mail, error) {
	list, err := fetch[struct{ Messages []Mail }](ctx, "GET", w.Mailbox+"/api/v1/messages?limit=100000", "", nil)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	slices.Reverse(list.Messages)
	return list.Messages, nil
}
