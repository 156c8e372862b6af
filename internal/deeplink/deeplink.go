// Package deeplink makes and checks the tokens in the links we mail: an HMAC over merchant, slot and expiry, so that a
// mail that is sent again holds the same link, and nobody can make one.
//
// It is pure and imports only the standard library. A token is a secret: whoever holds it can open the merchant's
// relink page until it expires.
package deeplink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Life is how long a mailed link is valid.
const Life = 7 * 24 * time.Hour

// ErrInvalid is answered for a token that is forged, damaged or over. Callers must not tell these apart to anybody.
var ErrInvalid = errors.New("deep link is not valid")

// Grant is what a token stands for.
type Grant struct {
	MerchantID string
	Slot       string // the mail's slot
	Expires    time.Time
}

// Signer makes and checks tokens with one key.
type Signer struct{ key []byte }

// NewSigner takes a key of at least 32 bytes.
func NewSigner(key []byte) (*Signer, error) {
	if len(key) < 32 {
		return nil, fmt.Errorf("deep-link key has %d bytes, at least 32 are needed", len(key))
	}
	return &Signer{key: key}, nil
}

// Token answers the same token for the same grant, always. Expires counts in whole seconds.
func (s *Signer) Token(g Grant) string {
	payload := strings.Join([]string{g.MerchantID, g.Slot, strconv.FormatInt(g.Expires.Unix(), 36)}, "\x00")
	return base64.RawURLEncoding.EncodeToString(append(s.mac(payload), payload...))
}

const macSize = 16

func (s *Signer) mac(payload string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte("relink deep link 1\x00" + payload))
	return h.Sum(nil)[:macSize]
}

// Parse checks a token at the time now.
func (s *Signer) Parse(token string, now time.Time) (Grant, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < macSize {
		return Grant{}, ErrInvalid
	}
	payload := string(raw[macSize:])
	if !hmac.Equal(raw[:macSize], s.mac(payload)) {
		return Grant{}, ErrInvalid
	}
	parts := strings.Split(payload, "\x00")
	if len(parts) != 3 {
		return Grant{}, ErrInvalid
	}
	seconds, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil {
		return Grant{}, ErrInvalid
	}
	g := Grant{MerchantID: parts[0], Slot: parts[1], Expires: time.Unix(seconds, 0).UTC()}
	if !now.Before(g.Expires) {
		return Grant{}, ErrInvalid
	}
	return g, nil
}
