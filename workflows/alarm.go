package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// alarm is one timer with an absolute deadline. It is set again only when the deadline moves. An Await with a timeout
// would leave a live timer behind each time its condition wins.
type alarm struct {
	at     time.Time
	timer  workflow.Future
	cancel workflow.CancelFunc
}

// set arms the alarm for the time at. The zero time disarms it.
func (a *alarm) set(ctx workflow.Context, at time.Time, summary string) {
	if at.Equal(a.at) && !a.rang() {
		return
	}
	if a.cancel != nil {
		a.cancel()
	}
	*a = alarm{at: at}
	if at.IsZero() {
		return
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	a.cancel = cancel
	a.timer = workflow.NewTimerWithOptions(timerCtx, at.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: summary})
}

func (a *alarm) rang() bool { return a.timer != nil && a.timer.IsReady() }
