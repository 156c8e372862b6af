package outside

import (
	"context"
	"net/url"
	"time"
)

// Delivery is a webhook as the local Plaid logs it.
type Delivery struct {
	ID       string `json:"id"`
	Code     string `json:"webhook_code"`
	Attempts []struct {
		Status int `json:"status"`
	} `json:"attempts"`
	NextAttempt *time.Time `json:"next_attempt"` // by the local Plaid's clock; nil: none is planned
	GaveUp      string     `json:"gave_up"`      // why a webhook never received is not retried any more
}

// Answered reports whether the last attempt was answered with the status.
func (d Delivery) Answered(status int) bool {
	n := len(d.Attempts)
	return n > 0 && d.Attempts[n-1].Status == status
}

// Break makes the bank refuse an Item; the local Plaid sends ITEM: ERROR and Break answers its delivery's id.
func (w World) Break(ctx context.Context, id, code string) (string, error) {
	var out struct {
		DeliveryID string `json:"delivery_id"`
	}
	err := Call(ctx, "POST", w.Sandbox+"/control/break", "", map[string]any{"item_id": id, "error_code": code}, &out)
	return out.DeliveryID, err
}

// Heal ends the trouble at the bank, without a webhook.
func (w World) Heal(ctx context.Context, id string) error {
	return Call(ctx, "POST", w.Sandbox+"/control/heal", "", map[string]any{"item_id": id}, nil)
}

// Many is what a control of many Items did.
type Many struct {
	Count    int      `json:"count"`
	ItemIDs  []string `json:"item_ids"` // in the order of their creation
	Webhooks int      `json:"webhooks"` // on their way
}

// BreakAll makes a bank refuse its Items, all at one moment; an empty institution means every bank. Of the Items a share
// (above 0, 1 for all) is broken, the same at each call; with webhook, ITEM: ERROR is sent for each.
func (w World) BreakAll(ctx context.Context, institution string, share float64, code string, webhook bool) (Many, error) {
	var out Many
	in := map[string]any{"institution_id": institution, "share": share, "error_code": code, "webhook": webhook}
	err := Call(ctx, "POST", w.Sandbox+"/control/breakall", "", in, &out)
	return out, err
}

// HealAll ends the trouble of a share of a bank's broken Items, or of every bank's, without a webhook.
func (w World) HealAll(ctx context.Context, institution string, share float64) (Many, error) {
	var out Many
	err := Call(ctx, "POST", w.Sandbox+"/control/healall", "", map[string]any{"institution_id": institution, "share": share}, &out)
	return out, err
}

// Bank sets how logging in at a bank goes: HEALTHY, DEGRADED or DOWN. Its Items stay as they are.
func (w World) Bank(ctx context.Context, institution, status string) error {
	return Call(ctx, "POST", w.Sandbox+"/control/bank", "", map[string]any{"institution_id": institution, "status": status}, nil)
}

// Consent sets when an Item's consent ends, never for the zero time; nothing is sent.
func (w World) Consent(ctx context.Context, id string, ends time.Time) error {
	in := map[string]any{"item_id": id, "expires_at": nil}
	if !ends.IsZero() {
		in["expires_at"] = ends
	}
	return Call(ctx, "POST", w.Sandbox+"/control/consent", "", in, nil)
}

// UserPresent sets whether the bank wants the person at every update of an Item.
func (w World) UserPresent(ctx context.Context, id string, wanted bool) error {
	kind := "background"
	if wanted {
		kind = "user_present_required"
	}
	return Call(ctx, "POST", w.Sandbox+"/control/item", "", map[string]any{"item_id": id, "update_type": kind}, nil)
}

// DataAt sets when data of an Item last came from the bank.
func (w World) DataAt(ctx context.Context, id string, at time.Time) error {
	return Call(ctx, "POST", w.Sandbox+"/control/item", "", map[string]any{"item_id": id, "last_successful_update": at}, nil)
}

// Fire sends a webhook; in is the body of the local Plaid's /control/fire. It answers what the receiver answered.
func (w World) Fire(ctx context.Context, in map[string]any) (statuses []int, deliveries []Delivery, err error) {
	var out struct {
		Statuses   []int      `json:"statuses"`
		Deliveries []Delivery `json:"deliveries"`
	}
	err = Call(ctx, "POST", w.Sandbox+"/control/fire", "", in, &out)
	return out.Statuses, out.Deliveries, err
}

// Deliveries lists the webhooks about an Item, oldest first.
func (w World) Deliveries(ctx context.Context, id string) ([]Delivery, error) {
	var out struct {
		Webhooks []Delivery `json:"webhooks"`
	}
	err := Call(ctx, "GET", w.Sandbox+"/control/webhooks?item_id="+url.QueryEscape(id), "", nil, &out)
	return out.Webhooks, err
}

// SignRetries decides whether retries are signed "anew" or carry the "same" token.
func (w World) SignRetries(ctx context.Context, how string) error {
	return Call(ctx, "POST", w.Sandbox+"/control/signing", "", map[string]any{"retries": how}, nil)
}

// AdvancePlaid moves the local Plaid's clock on; retries due by then leave at once.
func (w World) AdvancePlaid(ctx context.Context, by time.Duration) error {
	return Call(ctx, "POST", w.Sandbox+"/control/clock", "", map[string]any{"advance": by.String()}, nil)
}

// Fault makes a share of the calls of one of Plaid's own paths late, and failing where status is not 0; share 0 ends it.
func (w World) Fault(ctx context.Context, path string, status int, latency time.Duration, share float64) error {
	in := map[string]any{"path": path, "status": status, "latency_ms": latency.Milliseconds(), "share": share}
	return Call(ctx, "POST", w.Sandbox+"/control/fault", "", in, nil)
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
func (w World) Play(ctx context.Context, play LinkPlay) (LinkResult, error) {
	var out LinkResult
	err := Call(ctx, "POST", w.Sandbox+"/control/link", "", play, &out)
	return out, err
}

// PlayLink plays a Link session with a username and password.
func (w World) PlayLink(ctx context.Context, linkToken, username, password string) (LinkResult, error) {
	return w.Play(ctx, LinkPlay{LinkToken: linkToken, Username: username, Password: password})
}

// Questions counts how often Plaid was asked about an Item (/item/get).
func (w World) Questions(ctx context.Context, id string) (int, error) {
	var out struct {
		Count int `json:"count"`
	}
	err := Call(ctx, "GET", w.Sandbox+"/control/requests?count=1&path=/item/get&item_id="+url.QueryEscape(id), "", nil, &out)
	return out.Count, err
}
