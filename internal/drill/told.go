package drill

import (
	"context"
	"encoding/json"
	"fmt"

	"relink/internal/outside"
)

// told reads the timelines of Items and the mailboxes of their merchants, of whom each has one.
func (p *play) told(ctx context.Context, items []outside.Item, merchants []outside.Merchant) ([]told, error) {
	byAddress, err := p.mailboxes(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]told, len(items))
	err = outside.Each(ctx, len(all), nil, func(ctx context.Context, i int) error {
		moments, err := p.stack.World.Timeline(ctx, items[i].ID)
		if err != nil {
			return fmt.Errorf("read the timeline of item %s: %w", items[i].ID, err)
		}
		t := told{item: items[i].ID}
		if t.received, err = p.distinct(ctx, byAddress[merchants[i].Email]); err != nil {
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
					return fmt.Errorf("read the timeline of item %s: %w", items[i].ID, err)
				}
				t.sent = append(t.sent, sentMail{kind: data.Kind, messageID: data.MessageID})
			}
		}
		all[i] = t
		return nil
	})
	return all, err
}

// mailboxes reads all that was mailed, by address, oldest first, without texts.
func (p *play) mailboxes(ctx context.Context) (map[string][]outside.Mail, error) {
	all, err := p.stack.World.AllMails(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	byAddress := map[string][]outside.Mail{}
	for _, m := range all {
		for _, to := range m.To {
			byAddress[to.Address] = append(byAddress[to.Address], m)
		}
	}
	return byAddress, nil
}

// distinct leaves out copies of a mail that are the same to the byte: a mail server may be handed one twice, when the
// one who handed it over died before it heard the answer.
func (p *play) distinct(ctx context.Context, mails []outside.Mail) (messageIDs []string, err error) {
	copies := map[string]int{}
	for _, m := range mails {
		copies[m.MessageID]++
	}
	type content struct{ messageID, raw string }
	seen := map[content]bool{}
	for _, m := range mails {
		c := content{messageID: m.MessageID}
		if copies[m.MessageID] > 1 {
			if c.raw, err = p.stack.World.RawMail(ctx, m.ID); err != nil {
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
