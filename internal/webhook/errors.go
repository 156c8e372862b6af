package webhook

import (
	"errors"
	"fmt"
)

// The verdicts on a delivery that is not accepted. Every error of this package wraps exactly one of these. Reason
// returns the detail.
var (
	// ErrForged means that the delivery is not Plaid's, or not as Plaid signed it. The response is 401.
	ErrForged = errors.New("webhook is not Plaid's")
	// ErrStale means that Plaid signed it longer ago than MaxAge. The response is 401.
	ErrStale = errors.New("webhook is too old")
	// ErrUnchecked means that the verification key is out of reach, so nothing is known. The response is 503, so that
	// Plaid delivers it again.
	ErrUnchecked = errors.New("webhook cannot be checked")
	// ErrNotUnderstood means that the body is not a JSON object with a type and a code.
	ErrNotUnderstood = errors.New("webhook is not understood")
)

// ErrUnknownKey is returned by a KeySource when Plaid itself reports that no such key exists (HTTP 400
// INVALID_WEBHOOK_VERIFICATION_KEY_ID). Every other error means that Plaid could not be asked.
var ErrUnknownKey = errors.New("verification key is unknown to Plaid")

// The reasons, short and few enough for a metric's label.
const (
	ReasonTokenMissing   = "token_missing"
	ReasonTokenMalformed = "token_malformed"
	ReasonAlgorithm      = "algorithm"
	ReasonKeyIDMissing   = "key_id_missing"
	ReasonKeyUnknown     = "key_unknown"
	ReasonKeyExpired     = "key_expired"
	ReasonSignature      = "signature"
	ReasonFuture         = "issued_in_future"
	ReasonBody           = "body_changed"
	ReasonStale          = "stale"
	ReasonKeyUnreachable = "key_unreachable"
	ReasonLookupLimit    = "key_lookup_limit"
	ReasonNotUnderstood  = "not_understood"
	ReasonOther          = "other"
)

// refusal is a verdict with its reason. Its text never holds the token or the body.
type refusal struct {
	verdict error // ErrForged, ErrStale, ErrUnchecked or ErrNotUnderstood
	reason  string
	cause   error // may be nil
}

func (r *refusal) Error() string {
	if r.cause == nil {
		return fmt.Sprintf("%v: %s", r.verdict, r.reason)
	}
	return fmt.Sprintf("%v: %s: %v", r.verdict, r.reason, r.cause)
}

func (r *refusal) Unwrap() []error {
	if r.cause == nil {
		return []error{r.verdict}
	}
	return []error{r.verdict, r.cause}
}

func forged(reason string, cause error) error {
	return &refusal{verdict: ErrForged, reason: reason, cause: cause}
}

func unchecked(cause error) error {
	reason := ReasonKeyUnreachable
	if errors.Is(cause, errLookupLimit) {
		reason = ReasonLookupLimit
	}
	return &refusal{verdict: ErrUnchecked, reason: reason, cause: cause}
}

func notUnderstood(cause error) error {
	return &refusal{verdict: ErrNotUnderstood, reason: ReasonNotUnderstood, cause: cause}
}

// Reason returns the Reason constant of an error of this package, ReasonOther for any other error, and "" for nil.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	var r *refusal
	if errors.As(err, &r) {
		return r.reason
	}
	return ReasonOther
}
