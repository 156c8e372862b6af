package plaid

import (
	"fmt"
	"io"
)

// Secret is a token that must not be printed: fmt, loggers and encoders get "REDACTED" of it. Two places are out of its
// reach, so keep it out of them: an unexported struct field under fmt, and the key of a map under encoding/json.
type Secret string

const redacted = "REDACTED"

// Reveal answers the token itself. It is the one way to get at it; search for its callers.
func (s Secret) Reveal() string { return string(s) }

// String answers "REDACTED".
func (s Secret) String() string { return redacted }

// GoString answers "REDACTED", for %#v.
func (s Secret) GoString() string { return redacted }

// Format writes "REDACTED" whatever the verb: %x and %d would otherwise print the bytes.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON answers "REDACTED" as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText answers "REDACTED".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
