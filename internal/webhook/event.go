package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// The types and codes that relink reacts to by name
// (https://plaid.com/docs/api/items/#webhooks, https://plaid.com/docs/api/link/#webhooks).
// Plaid adds others without notice.
const (
	TypeItem = "ITEM"
	TypeLink = "LINK"

	CodeError                     = "ERROR"
	CodeLoginRepaired             = "LOGIN_REPAIRED"
	CodePendingDisconnect         = "PENDING_DISCONNECT"
	CodePendingExpiration         = "PENDING_EXPIRATION"
	CodeUserPermissionRevoked     = "USER_PERMISSION_REVOKED"
	CodeUserAccountRevoked        = "USER_ACCOUNT_REVOKED"
	CodeNewAccountsAvailable      = "NEW_ACCOUNTS_AVAILABLE"
	CodeWebhookUpdateAcknowledged = "WEBHOOK_UPDATE_ACKNOWLEDGED"
	CodeSessionFinished           = "SESSION_FINISHED"
	CodeItemAddResult             = "ITEM_ADD_RESULT"
	CodeEvents                    = "EVENTS"
)

// Event holds the fields of a webhook that relink reads. Text that is absent, null or not text is "". A time that is
// absent or unreadable is nil. It holds no token: those of LINK webhooks are dropped.
type Event struct {
	Type        string
	Code        string
	Environment string // sandbox or production
	ItemID      string // "" for every LINK webhook
	AccountID   string // USER_ACCOUNT_REVOKED

	// From the error object.
	ErrorType   string
	ErrorCode   string
	ErrorReason string // OAUTH_CONSENT_EXPIRED, OAUTH_USER_REVOKED, ...; OAuth Items only

	Reason                string     // PENDING_DISCONNECT: why
	ConsentExpirationTime *time.Time // PENDING_EXPIRATION, UTC
	DisconnectTime        *time.Time // PENDING_DISCONNECT, UTC

	LinkSessionID string // LINK webhooks
	Status        string // LINK SESSION_FINISHED: SUCCESS or EXITED, in any case
}

// Read returns the event of a body, and in clean the part of the body that may be stored in clear: allowed members, and
// under "_dropped" the sorted names (never the values) of all others. Read returns the same Event for clean as for the
// body.
//
// Unknown types, codes and fields, nulls and values of unexpected kinds are no error: Plaid counts them as compatible
// changes. The error is ErrNotUnderstood if the body is not one JSON object with a type and a code; clean is nil if it
// is no object.
func Read(body []byte) (e Event, clean json.RawMessage, err error) {
	fields, err := parseObject(body)
	if err != nil {
		return Event{}, nil, err
	}
	if clean, err = fields.redact(); err != nil {
		return Event{}, nil, err
	}
	e, err = fields.event()
	return e, clean, err
}

func (o object) event() (Event, error) {
	e := Event{
		Type:                  o.text("webhook_type"),
		Code:                  o.text("webhook_code"),
		Environment:           o.text("environment"),
		ItemID:                o.text("item_id"),
		AccountID:             o.text("account_id"),
		Reason:                o.text("reason"),
		ConsentExpirationTime: o.time("consent_expiration_time"),
		DisconnectTime:        o.time("disconnect_time"),
		LinkSessionID:         o.text("link_session_id"),
		Status:                o.text("status"),
	}
	if e.Type == "" || e.Code == "" {
		return Event{}, notUnderstood(errors.New("webhook_type or webhook_code is missing"))
	}
	if itemError, ok := o.object("error"); ok {
		e.ErrorType = itemError.text("error_type")
		e.ErrorCode = itemError.text("error_code")
		e.ErrorReason = itemError.text("error_code_reason")
	}
	return e, nil
}

// ClaimsBroken reports whether the event says that the Item is broken now (ITEM: ERROR). Plaid's status may contradict
// it at first, so it is worth asking again.
func (e Event) ClaimsBroken() bool {
	return e.Type == TypeItem && e.Code == CodeError
}

// ConcernsHealth reports whether the event is a reason to ask Plaid about the Item. Every ITEM event is, except those
// known to be about something else: a code that Plaid adds later costs one query, and may be the only news about a
// broken Item. LINK events have no item id, so they never are.
func (e Event) ConcernsHealth() bool {
	if e.Type != TypeItem {
		return false
	}
	switch e.Code {
	case CodeNewAccountsAvailable, CodeWebhookUpdateAcknowledged:
		return false
	default:
		return true
	}
}

// object is a JSON object whose members are read leniently. Of members with the same name the last one counts.
type object map[string]json.RawMessage

func parseObject(body []byte) (object, error) {
	var fields object
	if err := json.Unmarshal(body, &fields); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, notUnderstood(err) // names a character and an offset, not the content
		}
		return nil, notUnderstood(errors.New("not a JSON object"))
	}
	if fields == nil {
		return nil, notUnderstood(errors.New("not a JSON object"))
	}
	return fields, nil
}

// text returns the member's value if it is a string that may be kept, else "".
func (o object) text(name string) string {
	s, _ := o.keepableText(name)
	return s
}

// keepableText returns a member's text; false means that it is no string or holds a token. NUL, which Postgres stores
// neither in text nor in jsonb, becomes the replacement character.
func (o object) keepableText(name string) (string, bool) {
	raw := o[name]
	var s string
	switch {
	case len(raw) < 2 || raw[0] != '"':
		return "", false
	case bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw): // nothing in it stands for anything else
		s = string(raw[1 : len(raw)-1])
	case json.Unmarshal(raw, &s) != nil:
		return "", false
	}
	if holdsToken(s) {
		return "", false
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD"), true
}

func (o object) time(name string) *time.Time {
	t, err := time.Parse(time.RFC3339, o.text(name))
	if err != nil {
		return nil
	}
	t = t.UTC()
	return &t
}

func (o object) object(name string) (object, bool) {
	var inner object
	if json.Unmarshal(o[name], &inner) != nil || inner == nil {
		return nil, false
	}
	return inner, true
}
