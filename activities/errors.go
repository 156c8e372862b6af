package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"relink/internal/item"
	"relink/internal/neighbour"
)

// Types of the errors that activities answer; operators see them in the Temporal UI.
const (
	ErrTypeUnknownItem  = "UnknownItem" // not enrolled: no retry helps
	ErrTypeNoMessage    = "NoMessage"   // the outbox does not know it: no retry helps
	ErrTypeThrottled    = "Throttled"   // the other side asks for patience
	ErrTypeOurFault     = "OurFault"    // our keys or our set-up: never blamed on the Item, retried slowly, alerted
	ErrTypeRefused      = "Refused"     // the same request will be refused again
	ErrTypeTryAgain     = "TryAgain"    // anything else
	ourFaultRetry       = 5 * time.Minute
	defaultThrottleWait = 30 * time.Second
	longestThrottleWait = time.Hour // whatever the other side asks
)

// retryable is what an adapter's error can say about itself.
type retryable interface {
	error
	Throttled() (time.Duration, bool)
	OurFault() bool
	Final() bool
}

// decide turns what went wrong into a retry decision; it is the only place that does. The message stays in the
// workflow's history, so errors must name no secret: the adapters see to that.
func decide(ctx context.Context, err error) error {
	if errors.Is(err, item.ErrUnknown) {
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrTypeUnknownItem, nil)
	}
	if errors.Is(err, neighbour.ErrNoMessage) {
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrTypeNoMessage, nil)
	}
	var f retryable
	if !errors.As(err, &f) {
		return temporal.NewApplicationError(err.Error(), ErrTypeTryAgain)
	}
	if wait, throttled := f.Throttled(); throttled {
		if wait <= 0 {
			wait = defaultThrottleWait
		}
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrTypeThrottled, temporal.ApplicationErrorOptions{
			NextRetryDelay: min(wait, longestThrottleWait), Category: temporal.ApplicationErrorCategoryBenign,
		})
	}
	if f.OurFault() {
		activity.GetLogger(ctx).Error("our own credentials are refused", "error", err)
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrTypeOurFault, temporal.ApplicationErrorOptions{NextRetryDelay: ourFaultRetry})
	}
	if f.Final() {
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrTypeRefused, nil)
	}
	return temporal.NewApplicationError(err.Error(), ErrTypeTryAgain)
}
