package worker

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
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
	Records   *activities.Records
	Reconcile *activities.Reconcile
	Outbox    *activities.Outbox
	// Senders send the messages to neighbours, one for each that is configured. Messages to others wait.
	Senders []*activities.Sender
	// Queue is the task queue of the workflows; workflows.Queue when empty.
	Queue string
	// Rules are the rules of the Items' lives; nil means production's. Only the recording of histories sets others.
	Rules *item.Rules
}

const (
	// stopTimeout lets a mail under way reach the mail server. It is shorter than the grace period that platforms give a
	// process before they kill it, which is 30 seconds as a rule.
	stopTimeout = 25 * time.Second
	// plaidPerSecond keeps all workers together within Plaid's limit of 5,000 /item/get a minute, with room for two calls
	// per question.
	plaidPerSecond = 40
	// mailsPerSecond paces the mails of all workers together: a thousand mails take minutes.
	mailsPerSecond = 10
)

// Run works until ctx ends, then finishes what is under way. It returns early with the first fatal error of any queue.
func Run(ctx context.Context, d Deps) error {
	queue := cmp.Or(d.Queue, workflows.Queue)

	items := sdkworker.New(d.Temporal, queue, options(sdkworker.Options{}))
	Register(items, d.rules())
	items.RegisterActivity(d.Records)
	items.RegisterActivity(d.Reconcile) // lists
	items.RegisterActivity(d.Outbox)

	plaid := sdkworker.New(d.Temporal, workflows.PlaidQueue(queue), options(sdkworker.Options{TaskQueueActivitiesPerSecond: plaidPerSecond}))
	plaid.RegisterActivity(d.Plaid)
	plaid.RegisterActivity(d.Reconcile) // examines

	mail := sdkworker.New(d.Temporal, workflows.MailQueue(queue), options(sdkworker.Options{TaskQueueActivitiesPerSecond: mailsPerSecond}))
	mail.RegisterActivity(d.Mail)

	workers := map[string]sdkworker.Worker{"items": items, "plaid": plaid, "mail": mail}
	for _, sender := range d.Senders {
		workers[sender.To.Name()] = senderWorker(d.Temporal, queue, sender)
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

// senderWorker returns the worker of one neighbour's queue, within the neighbour's limits.
func senderWorker(c client.Client, queue string, s *activities.Sender) sdkworker.Worker {
	name, limits := s.To.Name(), s.To.Limits()
	w := sdkworker.New(c, workflows.NeighbourQueue(queue, name), options(sdkworker.Options{
		TaskQueueActivitiesPerSecond: limits.PerSecond, MaxConcurrentActivityExecutionSize: limits.AtOnce,
	}))
	w.RegisterActivityWithOptions(s.SendMessage, activity.RegisterOptions{Name: workflows.SendActivity(name)})
	return w
}

func options(o sdkworker.Options) sdkworker.Options {
	o.WorkerStopTimeout = stopTimeout
	o.DisableRegistrationAliasing = true
	return o
}
