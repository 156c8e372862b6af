package webhook

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// kind is the form in which an allowed member is kept.
type kind int

const (
	text   kind = iota // a string that holds no token, or null
	scalar             // a whole number or a boolean
	nested             // the error object, by its own list; or null
	host               // a URL: its host only, under hostField
)

// kept names every member that may be stored in clear. Every other member is dropped, so a secret that Plaid adds
// tomorrow is dropped as well.
var (
	kept = map[string]kind{
		"webhook_type":               text,
		"webhook_code":               text,
		"environment":                text,
		"item_id":                    text,
		"account_id":                 text,
		"reason":                     text,
		"status":                     text,
		"link_session_id":            text,
		"consent_expiration_time":    text,
		"disconnect_time":            text,
		"error":                      nested,
		"new_webhook_url":            host,
		"initial_update_complete":    scalar,
		"historical_update_complete": scalar,
		"new_transactions":           scalar,
	}
	keptOfError = map[string]kind{
		"error_type":        text,
		"error_code":        text,
		"error_code_reason": text,
		"status":            scalar,
	}
)

const (
	droppedField = "_dropped"
	hostField    = "new_webhook_host"

	maxDroppedNames = 50
	maxNameBytes    = 64
)

func (o object) redact() (json.RawMessage, error) {
	out, dropped := o.keep(kept)
	if len(dropped) > 0 {
		slices.Sort(dropped)
		out[droppedField] = dropped[:min(len(dropped), maxDroppedNames)]
	}
	clean, err := json.Marshal(out)
	if err != nil {
		return nil, notUnderstood(err)
	}
	return clean, nil
}

// keep splits the members into those allowed and the names of those dropped.
func (o object) keep(allowed map[string]kind) (out map[string]any, dropped []string) {
	out = make(map[string]any, len(o))
	for name, raw := range o {
		k, ok := allowed[name]
		s, isText := o.keepableText(name)
		switch {
		case !ok:
			dropped = append(dropped, cleanName(name))
		case string(raw) == "null":
			out[name] = nil
		case k == text && isText:
			out[name] = s
		case k == scalar && isScalar(raw):
			out[name] = raw
		case k == nested:
			inner, isObject := o.object(name)
			if !isObject {
				dropped = append(dropped, name)
				continue
			}
			keptInner, droppedInner := inner.keep(keptOfError)
			out[name] = keptInner
			for _, innerName := range droppedInner {
				dropped = append(dropped, name+"."+innerName)
			}
		case k == host && urlHost(s) != "":
			out[hostField] = urlHost(s)
		default:
			dropped = append(dropped, name)
		}
	}
	return out, dropped
}

// isScalar reports whether a value is a boolean or a number that Postgres can store.
func isScalar(raw json.RawMessage) bool {
	var number int64
	var truth bool
	return json.Unmarshal(raw, &number) == nil || json.Unmarshal(raw, &truth) == nil
}

func urlHost(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Host
}

// cleanName bounds the length of a member's name. It replaces a name that holds a token.
func cleanName(name string) string {
	if len(name) > maxNameBytes || holdsToken(name) {
		return "?"
	}
	return strings.ReplaceAll(name, "\x00", "\uFFFD")
}

// holdsToken reports whether a text contains one of Plaid's access, public or link tokens (access-production-... and so
// on), so that a token in an unexpected place is not kept either.
func holdsToken(s string) bool {
	for _, mark := range tokenMarks {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

var tokenMarks = []string{
	"access-sandbox-", "access-development-", "access-production-",
	"public-sandbox-", "public-development-", "public-production-",
	"link-sandbox-", "link-development-", "link-production-",
}
