package sandbox

import (
	"time"
)

// deliveryView is a delivery as the controls show it. The signed token is not shown: repeat_of re-sends it.
type deliveryView struct {
	ID          string     `json:"id"`
	RepeatOf    string     `json:"repeat_of,omitempty"`
	ItemID      string     `json:"item_id"`
	WebhookType string     `json:"webhook_type"`
	WebhookCode string     `json:"webhook_code"`
	URL         string     `json:"url"`
	Sign        signing    `json:"sign"`
	Attempts    []attempt  `json:"attempts"`
	NextAttempt *time.Time `json:"next_attempt"`
	// GaveUp is why a webhook that was never received is not retried any more.
	GaveUp surrender `json:"gave_up,omitempty"`
}

// view needs the queue's lock.
func (x *delivery) view() deliveryView {
	return deliveryView{
		ID: x.id, RepeatOf: x.repeatOf, ItemID: x.hook.itemID, WebhookType: x.hook.kind, WebhookCode: x.hook.code, URL: x.hook.url,
		Sign: x.how, Attempts: append([]attempt{}, x.attempts...), NextAttempt: timeOrNull(x.due), GaveUp: x.gaveUp,
	}
}

func (d *deliveries) describe(x *delivery) deliveryView {
	d.mu.Lock()
	defer d.mu.Unlock()
	return x.view()
}

// list shows the deliveries, oldest first, and how many older ones of all Items are forgotten; an empty itemID means all.
func (d *deliveries) list(itemID string) (shown []deliveryView, forgotten int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	shown = []deliveryView{}
	for _, x := range d.all {
		if itemID == "" || x.hook.itemID == itemID {
			shown = append(shown, x.view())
		}
	}
	return shown, d.forgotten
}
