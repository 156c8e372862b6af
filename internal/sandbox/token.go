package sandbox

import (
	"crypto/rand"
	"strings"

	"github.com/google/uuid"
)

// Plaid's token prefixes for this environment.
const (
	environment       = "sandbox"
	accessTokenPrefix = "access-" + environment + "-"
	publicTokenPrefix = "public-" + environment + "-"
	linkTokenPrefix   = "link-" + environment + "-"
)

func newAccessToken() string { return accessTokenPrefix + uuid.NewString() }
func newPublicToken() string { return publicTokenPrefix + uuid.NewString() }
func newLinkToken() string   { return linkTokenPrefix + uuid.NewString() }

// Plaid's ids: 37 case-sensitive letters and digits for Items and accounts, 15 for requests.
func newItemID() string    { return randomID(37) }
func newAccountID() string { return randomID(37) }
func newRequestID() string { return randomID(15) }

func randomID(length int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	raw := make([]byte, length)
	_, _ = rand.Read(raw) // never fails: crypto/rand.Read aborts the program instead
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(raw)
}

// checkTokenFormat refuses a token of another kind or environment. A token that passes may still be unknown.
func checkTokenFormat(kind, token, code string) error {
	parts := strings.SplitN(token, "-", 3)
	switch {
	case len(parts) != 3 || parts[0] != kind || parts[2] == "":
		return plaidError(code).saying("provided " + kind + " token is in an invalid format. expected format: " + kind + "-<environment>-<identifier>")
	case parts[1] != environment:
		return plaidError(code).saying("provided " + kind + " token is for the wrong Plaid environment. expected \"" + environment + "\"")
	}
	return nil
}
