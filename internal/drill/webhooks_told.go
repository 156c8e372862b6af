package drill

import (
	"context"
	"encoding/json"
	"fmt"

	"relink/internal/outside"
)

// mails reads every Item's timeline and every merchant's mailbox.
func (w *webhooks) mails(ctx context.Context) ([]told, error) {
	box, err := w.stack.World.AllMails(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	byAddress := map[string][]outside.Mail{}
	for _, m := range box {
		for _, to := range m.To {
			byAddress[to.Address] = append(byAddress[to.Address], m)
		}
	}
	all := make([]told, len(w.items))
	merchants := outside.Crowd(len(w.items))
	err = outside.Each(ctx, len(all), nil, func(ctx context.Context, i int) error {
		moments, err := w.stack.World.Timeline(ctx, w.items[i].ID)
		if err != nil {
			return fmt.Errorf("read the timeline of item %s: %w", w.items[i].ID, err)
		}
		t := told{item: w.items[i].ID, owed: w.plan.owed[i]}
		if t.received, err = w.distinct(ctx, byAddress[merchants[i].Email]); err != nil {
			return err
		}
		for _, m := range moments {
			switch m.What {
			case "incident_opened":
				t.incidents++
			case "mail_sent":
				var data struct {
					Kind      string `json:"kind"`
					MessageID string `json:"message_id"`
				}
				if err := json.Unmarshal(m.Data, &data); err != nil {
					return fmt.Errorf("read the timeline of item %s: %w", w.items[i].ID, err)
				}
				t.sent = append(t.sent, sentMail{kind: data.Kind, messageID: data.MessageID})
			}
		}
		all[i] = t
		return nil
	})
	return all, err
}

// distinct leaves out copies of a mail that are the same to the byte: a mail server may be handed one twice, when the
// one who handed it over died before it heard the answer.
func (w *webhooks) distinct(ctx context.Context, mails []outside.Mail) (messageIDs []string, err error) {
	copies := map[string]int{}
	for _, m := range mails {
		copies[m.MessageID]++
	}
	type content struct{ messageID, raw string }
	seen := map[content]bool{}
	for _, m := range mails {
		c := content{messageID: m.MessageID}
		if copies[m.MessageID] > 1 {
			if c.raw, err = w.stack.World.RawMail(ctx, m.ID); err != nil {
				return nil, fmt.Errorf("read mail %s: %w", m.ID, err)
			}
		}
		if !seen[c] {
			seen[c] = true
			messageIDs = append(messageIDs, m.MessageID)
		}
	}
	return messageIDs, nil
}
