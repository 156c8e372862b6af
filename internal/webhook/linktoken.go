package webhook

import (
	"crypto/sha256"
	"encoding/json"
)

// LinkTokenHash returns the sha256 of the link token that a LINK webhook names, or nil when it names none. The token is
// a secret and does not leave this function. Its hash is enough to find what it was minted for.
func LinkTokenHash(body []byte) []byte {
	fields, err := parseObject(body)
	if err != nil {
		return nil
	}
	var token string
	if json.Unmarshal(fields["link_token"], &token) != nil || token == "" {
		return nil
	}
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}
