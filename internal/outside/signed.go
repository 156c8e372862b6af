package outside

import (
	"context"
	"maps"
	"net/url"
	"time"
)

// Hook is a webhook to be signed.
type Hook struct {
	ItemID string         `json:"item_id"`
	Type   string         `json:"webhook_type"`
	Code   string         `json:"webhook_code"`
	Fields map[string]any `json:"fields,omitempty"` // laid over the code's usual ones
}

// Signed is what Plaid would POST to URL: Body to the byte, and Token as its Plaid-Verification header. Receivers take it
// for five minutes.
type Signed struct {
	Token string `json:"token"`
	Body  string `json:"body"`
	URL   string `json:"url"`
}

// signAtOnce keeps a request well within the half minute that a call may take.
const signAtOnce = 2000

// Sign has the local Plaid sign webhooks without sending them; the answer has their order.
func (w World) Sign(ctx context.Context, hooks []Hook) ([]Signed, error) {
	signed := make([]Signed, 0, len(hooks))
	for len(hooks) > 0 {
		n := min(len(hooks), signAtOnce)
		var out []Signed
		if err := Call(ctx, "POST", w.Sandbox+"/control/sign", "", map[string]any{"webhooks": hooks[:n]}, &out); err != nil {
			return nil, err
		}
		signed, hooks = append(signed, out...), hooks[n:]
	}
	return signed, nil
}

// BreakUntold makes the bank refuse an Item, and the local Plaid sends no webhook about it.
func (w World) BreakUntold(ctx context.Context, id, code string) error {
	return Call(ctx, "POST", w.Sandbox+"/control/break", "", map[string]any{"item_id": id, "error_code": code, "webhook": false}, nil)
}

// Calls counts the calls of a path of Plaid's API by Item: all there ever were, not only those still in the log.
func (w World) Calls(ctx context.Context, path string) (map[string]int, error) {
	var out struct {
		Counts []struct {
			ItemID string `json:"item_id"`
			Count  int    `json:"count"`
		} `json:"counts"`
	}
	err := Call(ctx, "GET", w.Sandbox+"/control/requests?count=1&path="+url.QueryEscape(path), "", nil, &out)
	counts := map[string]int{}
	for _, c := range out.Counts {
		counts[c.ItemID] += c.Count
	}
	return counts, err
}

// AwaitQuiet waits until nobody has called a path of Plaid's API for a while.
func (w World) AwaitQuiet(ctx context.Context, path string, while time.Duration) error {
	var last map[string]int
	var since time.Time
	return Await(ctx, "silence on "+path, func(ctx context.Context) (bool, error) {
		calls, err := w.Calls(ctx, path)
		if err != nil || last == nil || !maps.Equal(calls, last) {
			last, since = calls, time.Now()
			return false, err
		}
		return time.Since(since) >= while, nil
	})
}

// AwaitFirstAnswers waits until Plaid has been asked about each of the Items by its enrolment and by its workflow, and is
// not asked any more. told, which may be nil, hears how many Items that holds for.
func (w World) AwaitFirstAnswers(ctx context.Context, items []Item, told func(done int)) error {
	err := Await(ctx, "the first question about each item", func(ctx context.Context) (bool, error) {
		calls, err := w.Calls(ctx, "/item/get")
		done := 0
		for _, it := range items {
			if calls[it.ID] >= 2 {
				done++
			}
		}
		if told != nil {
			told(done)
		}
		return done == len(items), err
	})
	if err != nil {
		return err
	}
	return w.AwaitQuiet(ctx, "/item/get", 2*time.Second)
}
