package platform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// The form of a secret:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
const (
	secretPrefix = "whsec_"
	secretBytes  = 24 // at least
)

// keysOf decodes secrets. Its errors hold none of them.
func keysOf(secrets []string) ([][]byte, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no secret to sign with")
	}
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		coded, ok := strings.CutPrefix(secret, secretPrefix)
		key, err := base64.StdEncoding.DecodeString(coded)
		if !ok || err != nil || len(key) < secretBytes {
			return nil, fmt.Errorf("secret %d is not %s and the base64 of at least %d bytes", i+1, secretPrefix, secretBytes)
		}
		keys[i] = key
	}
	return keys, nil
}

// sign returns the webhook-signature header: one signature per key, separated by spaces.
func sign(keys [][]byte, id, timestamp string, body []byte) string {
	signatures := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
