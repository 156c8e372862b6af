package blackbox

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// control calls one of the local Plaid's controls.
func (w Client) control(ctx context.Context, name string, in any) error {
	_, err := controlled[string](ctx, w, name, in)
	return err
}

// controlled is control with an answer of a known type.
func controlled[T any](ctx context.Context, w Client, name string, in any) (out T, err error) {
	if out, err = fetch[T](ctx, "POST", w.Sandbox+"/control/"+name, "", in); err != nil {
		return out, fmt.Errorf("control %s of the local Plaid: %w", name, err)
	}
	return out, nil
}

// Break makes the bank refuse an Item. The local Plaid sends ITEM: ERROR, and Break returns its delivery's id.
func (w Client) Break(ctx context.Context, id, code string) (string, error) {
	type webhook struct {
		DeliveryID string `json:"delivery_id"`
	}
	out, err := controlled[webhook](ctx, w, "break", map[string]any{"item_id": id, "error_code": code})
	return out.DeliveryID, err
}

// BreakUntold makes the bank refuse an Item, and the local Plaid sends no webhook about it.
func (w Client) BreakUntold(ctx context.Context, id, code string) error {
	return w.control(ctx, "break", map[string]any{"item_id": id, "error_code": code, "webhook": false})
}

// Heal ends the trouble at the bank, without a webhook.
func (w Client) Heal(ctx context.Context, id string) error {
	return w.control(ctx, "heal", map[string]any{"item_id": id})
}

// Many is what a control of many Items did.
type Many struct {
	Count    int      `json:"count"`
	ItemIDs  []string `json:"item_ids"` // in the order of their creation
	Webhooks int      `json:"webhooks"` // on their way
}

// BreakAll makes a bank refuse its Items, all at one moment; an empty institution means every bank. A share of the
// Items is broken (above 0, 1 for all), the same at each call. With webhook, ITEM: ERROR is sent for each.
func (w Client) BreakAll(ctx context.Context, institution string, share float64, code string, webhook bool) (Many, error) {
	in := map[string]any{"institution_id": institution, "share": share, "error_code": code, "webhook": webhook}
	return controlled[Many](ctx, w, "breakall", in)
}

// HealAll ends the trouble of a share of a bank's broken Items, or of every bank's, without a webhook.
func (w Client) HealAll(ctx context.Context, institution string, share float64) (Many, error) {
	return controlled[Many](ctx, w, "healall", map[string]any{"institution_id": institution, "share": share})
}

// Bank sets how logging in at a bank goes: HEALTHY, DEGRADED or DOWN. Its Items stay as they are.
func (w Client) Bank(ctx context.Context, institution, status string) error {
	return w.control(ctx, "bank", map[string]any{"institution_id": institution, "status": status})
}

// Consent sets when an Item's consent ends; the zero time means never. Nothing is sent.
func (w Client) Consent(ctx context.Context, id string, ends time.Time) error {
	in := map[string]any{"item_id": id, "expires_at": nil}
	if !ends.IsZero() {
		in["expires_at"] = ends
	}
	return w.control(ctx, "consent", in)
}

// UserPresent sets whether the bank wants the person at every update of an Item.
func (w Client) UserPresent(ctx context.Context, id string, wanted bool) error {
	kind := "background"
	if wanted {
		kind = "user_present_required"
	}
	return w.control(ctx, "item", map[string]any{"item_id": id, "update_type": kind})
}

// DataAt sets when data of an Item last came from the bank.
func (w Client) DataAt(ctx context.Context, id string, at time.Time) error {
	return w.control(ctx, "item", map[string]any{"item_id": id, "last_successful_update": at})
}

// Delivery is a webhook as the local Plaid logs it.
type Delivery struct {
	ID string `json:"id"`
}

// Fire sends webhooks and returns what the receiver answered. in is the body of the local Plaid's /control/fire.
func (w Client) Fire(ctx context.Context, in map[string]any) (statuses []int, deliveries []Delivery, err error) {
	type sent struct {
		Statuses   []int
		Deliveries []Delivery
	}
	out, err := controlled[sent](ctx, w, "fire", in)
	return out.Statuses, out.Deliveries, err
}

// Hook is a webhook to be signed.
type Hook struct {
	ItemID string         `json:"item_id"`
	Type   string         `json:"webhook_type"`
	Code   string         `json:"webhook_code"`
	Fields map[string]any `json:"fields,omitempty"` // laid over the code's usual ones
}

// Signed is what Plaid would POST to URL: Body to the byte, and Token as its Plaid-Verification header. Receivers take
// it for five minutes.
type Signed struct {
	Token string `json:"token"`
	Body  string `json:"body"`
	URL   string `json:"url"`
}

// signAtOnce keeps a request well within the half minute that a call may take.
const signAtOnce = 2000

// Sign has the local Plaid sign webhooks without sending them. The answer has their order.
func (w Client) Sign(ctx context.Context, hooks []Hook) ([]Signed, error) {
	signed := make([]Signed, 0, len(hooks))
	for part := range slices.Chunk(hooks, signAtOnce) {
		more, err := controlled[[]Signed](ctx, w, "sign", map[string]any{"webhooks": part})
		if err != nil {
			return nil, err
		}
		signed = append(signed, more...)
	}
	return signed, nil
}

// LinkResult is what Link hands to the page.
type LinkResult struct {
	Callback    string `json:"callback"` // onSuccess, onExit, or none where the tab was closed
	PublicToken string `json:"public_token"`
	Metadata    struct {
		LinkSessionID string `json:"link_session_id"`
		Status        string `json:"status"`
	} `json:"metadata"`
	Error *struct {
		Code string `json:"error_code"`
	} `json:"error"`
}

// LinkPlay is how a Link session goes; what is left empty goes as the local Plaid has it by default.
type LinkPlay struct {
	LinkToken  string   `json:"link_token"`
	Username   string   `json:"username,omitempty"` // an OAuth bank takes anything
	Password   string   `json:"password,omitempty"`
	OTP        string   `json:"otp,omitempty"`
	Accounts   []string `json:"accounts,omitempty"`    // to share, by id or mask
	OAuthError string   `json:"oauth_error,omitempty"` // what an OAuth bank answers
	Outcome    string   `json:"outcome,omitempty"`     // success (default), exit, wrong_password, abandon
}

// Play plays a Link session without a browser; a hosted one ends with its webhooks.
func (w Client) Play(ctx context.Context, play LinkPlay) (LinkResult, error) {
	return controlled[LinkResult](ctx, w, "link", play)
}

// PlayLink plays a Link session with a username and password.
func (w Client) PlayLink(ctx context.Context, linkToken, username, password string) (LinkResult, error) {
	return w.Play(ctx, LinkPlay{LinkToken: linkToken, Username: username, Password: password})
}

// Questions counts how often Plaid was asked about an Item (/item/get).
func (w Client) Questions(ctx context.Context, id string) (int, error) {
	calls, err := w.Calls(ctx, "/item/get")
	return calls[id], err
}

// Calls counts the calls of a path of Plaid's API by Item: all there ever were, not only those still in the log.
func (w Client) Calls(ctx context.Context, path string) (map[string]int, error) {
	type counted struct {
		Counts []struct {
			ItemID string `json:"item_id"`
			Count  int
		}
	}
	out, err := fetch[counted](ctx, "GET", w.Sandbox+"/control/requests?count=1&path="+url.QueryEscape(path), "", nil)
	counts := map[string]int{}
	for _, c := range out.Counts {
		counts[c.ItemID] += c.Count
	}
	return counts, err
}
