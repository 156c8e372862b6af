package worker

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"relink/activities"
	"relink/internal/item"
	"relink/workflows"
)

// Deps is what a worker runs with.
type Deps struct {
	Temporal  client.Client
	Plaid     *activities.Plaid
	Mail      *activities.Mail
	Memory    *activities.Memory
	Reconcile *activities.Reconcile
	Outbox    *activities.Outbox
	// Platform is nil when there is none: what is left to tell it waits.
	Platform *activities.Platform
	// Queue is the task queue of the workflows; workflows.Queue when empty.
	Queue string
	// Rules of the Items' lives; production's when nil. Only the recording of histories sets others.
	Rules *item.Rules
}

const (
	// stopTimeout lets a mail under way reach the mail server; it is shorter than what platforms grant before they kill.
	stopTimeout = 25 * time.Second
	// plaidPerSecond holds all workers together inside Plaid's 5,000 /item/get a minute, with room for two calls a question.
	plaidPerSecond = 40
	// mailsPerSecond paces mails server-wide: a thousand mails take minutes, not a moment.
	mailsPerSecond = 10
	// tellingsPerSecond and tellers spare the platform: after an outage of ours or of its own it gets all that has gathered.
	tellingsPerSecond = 50
	tellers           = 32 // calls under way at once, per worker
)

// Run works until ctx ends, then finishes what is under way. It returns early with the first fatal error of any queue.
func Run(ctx context.Context, d Deps) error {
	queue := cmp.Or(d.Queue, workflows.Queue)

	items := sdkworker.New(d.Temporal, queue, options(sdkworker.Options{}))
	Register(items, d.rules())
	items.RegisterActivity(d.Memory)
	items.RegisterActivity(d.Reconcile) // lists
	items.RegisterActivity(d.Outbox)

	plaid := sdkworker.New(d.Temporal, workflows.PlaidQueue(queue), options(sdkworker.Options{TaskQueueActivitiesPerSecond: plaidPerSecond}))
	plaid.RegisterActivity(d.Plaid)
	plaid.RegisterActivity(d.Reconcile) // examines

	mail := sdkworker.New(d.Temporal, workflows.MailQueue(queue), options(sdkworker.Options{TaskQueueActivitiesPerSecond: mailsPerSecond}))
	mail.RegisterActivity(d.Mail)

	workers := map[string]sdkworker.Worker{"items": items, "plaid": plaid, "mail": mail}
	if d.Platform != nil {
		platform := sdkworker.New(d.Temporal, workflows.PlatformQueue(queue), options(sdkworker.Options{
			TaskQueueActivitiesPerSecond: tellingsPerSecond, MaxConcurrentActivityExecutionSize: tellers,
		}))
		platform.RegisterActivity(d.Platform)
		workers["platform"] = platform
	}

	g, ctx := errgroup.WithContext(ctx)
	for name, w := range workers {
		g.Go(func() error {
			stop := make(chan any)
			defer context.AfterFunc(ctx, func() { close(stop) })()
			if err := w.Run(stop); err != nil {
				return fmt.Errorf("run %s worker: %w", name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (d Deps) rules() item.Rules {
	if d.Rules != nil {
		return *d.Rules
	}
	return item.ProductionRules()
}

func options(o sdkworker.Options) sdkworker.Options {
	o.WorkerStopTimeout = stopTimeout
	o.DisableRegistrationAliasing = true
	return o
}
