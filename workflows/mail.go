package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"relink/activities"
	"relink/internal/item"
)

// mailUnderWay is a mail that is being sent while the run waits for news, so that healing can cancel it.
type mailUnderWay struct {
	ref    item.MailRef
	cancel workflow.CancelFunc
}

// startMail sends a mail in a coroutine of its own. The outcome comes back as an event.
func (r *run) startMail(ctx workflow.Context, ref item.MailRef) {
	mailCtx, cancel := workflow.WithCancel(ctx)
	r.mail = &mailUnderWay{ref: ref, cancel: cancel}
	r.apply(item.MailStarted{Mail: ref})
	in := activities.Send{ItemID: r.id, Mail: ref, AnsweredAt: r.life.AnsweredAt, Cause: r.life.Cause}
	workflow.Go(mailCtx, func(ctx workflow.Context) {
		var sent activities.Sent
		err := workflow.ExecuteActivity(withMail(ctx, "mail: "+describe(ref)), mail.SendMail, in).Get(ctx, &sent)
		switch {
		case err == nil:
		case ctx.Err() != nil || temporal.IsCanceledError(err): // a try may fail before the cancellation reaches it
			sent.Outcome = item.MailCancelled
		default:
			workflow.GetLogger(ctx).Error("mail is stuck", "mail", describe(ref), "error", err)
			sent.Outcome = item.MailStuck
		}
		r.apply(item.MailEnded{
			Mail: ref, Outcome: sent.Outcome, At: workflow.Now(ctx), Until: sent.Until, Why: sent.Why,
		})
		r.mail = nil
	})
}

// stopUnwantedMail cancels a mail under way that the life no longer wants.
func (r *run) stopUnwantedMail() {
	if r.mail != nil && !r.life.Wants(r.mail.ref) {
		r.mail.cancel()
	}
}

func (r *run) stopMail() {
	if r.mail != nil {
		r.mail.cancel()
	}
}
