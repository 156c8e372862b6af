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

// Types of the errors that activities return. Operators see them in the Temporal UI.
const (
	ErrTypeUnknownItem  = "UnknownItem" // the Item is not enrolled: no retry helps
	ErrTypeNoMessage    = "NoMessage"   // the outbox does not hold the message: no retry helps
	ErrTypeThrottled    = "Throttled"   // the other side asks us to wait
	ErrTypeOurFault     = "OurFault"    // our keys or our set-up: never the Item's fault, retried slowly, raises an alert
	ErrTypeRefused      = "Refused"     // the same request would be refused again
	ErrTypeTryAgain     = "TryAgain"    // anything else
	ourFaultRetry       = 5 * time.Minute
	defaultThrottleWait = 30 * time.Second
	longestThrottleWait = time.Hour // even if the other side asks for more
)

// retryable is implemented by adapters' errors that know which retry can help.
type retryable interface {
	error
	Throttled() (time.Duration, bool)
	OurFault() bool
	Final() bool
}

// decide turns an error into a retry decision. It is the only place that does. The message stays in the workflow's
// history, so errors must hold no secret; the adapters ensure that.
func decide(ctx context.Context, err error) error {
	if errors.Is(err, item.ErrUnknown) {
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrTypeUnknownItem, nil)
	}
	if errors.Is(err, neighbour.ErrNoMessage) {
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrTypeNoMessage, nil)
	}
	var r retryable
	if !errors.As(err, &r) {
		return temporal.NewApplicationError(err.Error(), ErrTypeTryAgain)
	}
	if wait, throttled := r.Throttled(); throttled {
		if wait <= 0 {
			wait = defaultThrottleWait
		}
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrTypeThrottled, temporal.ApplicationErrorOptions{
			NextRetryDelay: min(wait, longestThrottleWait), Category: temporal.ApplicationErrorCategoryBenign,
		})
	}
	if r.OurFault() {
		activity.GetLogger(ctx).Error("our own credentials are refused", "error", err)
		slowly := temporal.ApplicationErrorOptions{NextRetryDelay: ourFaultRetry}
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrTypeOurFault, slowly)
	}
	if r.Final() {
		return temporal.NewNonRetryableApplicationError(err.Error(), ErrTypeRefused, nil)
	}
	return temporal.NewApplicationError(err.Error(), ErrTypeTryAgain)
}
