package localplaid

import (
	"net/http"
	"time"

	"github.com/google/uuid"
)

// deliveryView is a delivery as the controls show it. They do not show the signed token; repeat_of sends it again.
type deliveryView struct {
	ID       string `json:"id"`
	RepeatOf string `json:"repeat_of,omitempty"`
	webhook
	Sign        signing    `json:"sign"`
	Attempts    []attempt  `json:"attempts"`
	NextAttempt *time.Time `json:"next_attempt"` // nil: none is planned, or one is under way
	// GaveUp is why a webhook that was never received is not retried any more.
	GaveUp surrender `json:"gave_up,omitempty"`
}

// attempt is one POST and what came back.
type attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// delivery is one webhook on its way. Only the queue that made it may touch it. The exported fields are what the data
// file keeps.
type delivery struct {
	deliveryView
	Body    string       `json:"body"`              // to the byte: its hash covers the white space
	Token   string       `json:"token,omitempty"`   // of the last attempt
	Retries retrySigning `json:"retries,omitempty"` // how they are signed; empty: as the queue has it

	frozen  bool // Token is sent as it is
	retried bool // until it is received, as Plaid's own are
}

// pending reports that the webhook is still to be received. One that is badly signed or a repeat never is.
func (x *delivery) pending() bool {
	received := len(x.Attempts) > 0 && x.Attempts[len(x.Attempts)-1].Status == http.StatusOK
	return x.retried && x.GaveUp == "" && !received
}

func newDelivery(hook webhook, how signing) *delivery {
	view := deliveryView{ID: uuid.NewString(), webhook: hook, Sign: how, Attempts: []attempt{}}
	return &delivery{deliveryView: view, Body: string(hook.body)}
}
