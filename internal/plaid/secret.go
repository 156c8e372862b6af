package plaid

import (
	"fmt"
	"io"
)

// Secret is a token that must not be printed: fmt, loggers and encoders print "REDACTED" for it. It cannot protect
// two places, so keep it out of them: an unexported struct field under fmt, and the key of a map under encoding/json.
type Secret string

const redacted = "REDACTED"

// Reveal returns the token itself. There is no other way to get it; search for the callers.
func (s Secret) Reveal() string { return string(s) }

// String returns "REDACTED".
func (s Secret) String() string { return redacted }

// GoString returns "REDACTED", for %#v.
func (s Secret) GoString() string { return redacted }

// Format writes "REDACTED" whatever the verb: %x and %d would otherwise print the bytes.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON returns "REDACTED" as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns "REDACTED".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
