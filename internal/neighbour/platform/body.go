package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"relink/internal/neighbour"
)

// body returns the body for the platform. It is the same at each try.
func (p *Platform) body(m neighbour.Message) ([]byte, error) {
	data := m.Payload
	if data == nil {
		var err error
		if data, err = p.passedOn(m); err != nil {
			return nil, err
		}
	}
	return fmt.Appendf(nil, `{"type":%q,"timestamp":%q,"data":%s}`, m.Event, stamp(m.At), data), nil
}

// passedOn returns Plaid's webhook as data. Its bytes are those that Plaid signed, because encoding them anew would
// lose the order, spaces and long numbers.
func (p *Platform) passedOn(m neighbour.Message) (json.RawMessage, error) {
	if m.RawSealed == nil {
		return nil, nothingToSend("the webhook's body is kept no longer")
	}
	webhook, err := p.vault.OpenBody(m.DeliveryKey, m.RawSealed)
	if err != nil {
		return nil, fmt.Errorf("open the webhook's body: %w", err)
	}
	if !json.Valid(webhook) {
		return nil, nothingToSend("the webhook's body is not JSON")
	}
	return fmt.Appendf(nil, `{"environment":%q,"received_at":%q,"webhook":%s}`, p.environment, stamp(m.At), webhook), nil
}

func nothingToSend(why string) error {
	return neighbour.Final(errors.New("platform: nothing to send: " + why))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
