package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relink/internal/item"
)

// ErrTypeWrongHint is the type of the error for an update that carries a hint of another kind.
const ErrTypeWrongHint = "WrongHint"

// handleUpdates registers the updates and the query. The handlers are idempotent because the life is. The update's id
// could not ensure that: Temporal forgets it when the run ends. Validators check the shape alone, since a signal that
// changes the state may be on its way.
func (r *run) handleUpdates(ctx workflow.Context) error {
	accept := func(code string) workflow.UpdateHandlerOptions {
		return workflow.UpdateHandlerOptions{Validator: func(_ workflow.Context, h item.Hint) error {
			if h.Code != code {
				return temporal.NewNonRetryableApplicationError("want a hint with code "+code, ErrTypeWrongHint, nil)
			}
			return nil
		}}
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateOpened, r.onOpened, accept(item.LinkOpened)); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateCompleted, r.onCompleted, accept(item.LinkFinished)); err != nil {
		return err
	}
	return workflow.SetQueryHandlerWithOptions(ctx, QueryStatus, func() (Status, error) {
		return Status{Name: r.item.Name(), Life: r.life}, nil
	}, workflow.QueryHandlerOptions{Description: "What the workflow knows of its Item."})
}

// onOpened takes in that the merchant opened Link. Mails pause.
func (r *run) onOpened(ctx workflow.Context, h item.Hint) (Standing, error) {
	if err := r.takeIn(ctx, h); err != nil {
		return Standing{}, err
	}
	return r.standing(), nil
}

// onCompleted takes in that Link succeeded, as the browser says. That proves nothing, so the update returns once Plaid
// has answered a question that was asked after it.
func (r *run) onCompleted(ctx workflow.Context, h item.Hint) (Standing, error) {
	if err := r.takeIn(ctx, h); err != nil {
		return Standing{}, err
	}
	mine := r.queries + 1
	err := workflow.Await(ctx, func() bool {
		return r.life.State == item.Removed || (r.answered >= mine && len(r.life.Unrecorded) == 0)
	})
	if err != nil {
		return Standing{}, err
	}
	return r.standing(), nil
}

// takeIn folds in the hint, after everything that was signalled before it.
func (r *run) takeIn(ctx workflow.Context, h item.Hint) error {
	if err := workflow.Await(ctx, func() bool { return r.loaded }); err != nil {
		return err
	}
	r.absorb(ctx)
	r.apply(item.Hinted{Hint: h})
	return nil
}

func (r *run) standing() Standing {
	return Standing{
		State: r.life.State, Cause: r.life.Cause, Incident: r.life.Incident,
		// Plaid is being asked, or will be asked again.
		Verifying: r.life.State.NeedsMerchant() && r.life.Contradiction.Claim == item.ClaimsHealed,
	}
}
