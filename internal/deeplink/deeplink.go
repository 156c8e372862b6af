// Package deeplink makes and checks the tokens in the links we mail: an HMAC over merchant, slot and expiry, so that a
// mail that is sent again holds the same link, and nobody can make one; and the tokens that end reminders.
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
	return base64.RawURLEncoding.EncodeToString(append(s.mac(toRelink, payload), payload...))
}

const macSize = 16

// What a token is for is part of what is signed: one for one purpose opens nothing of another's.
const (
	toRelink      = "relink deep link 1\x00"
	toUnsubscribe = "relink unsubscribe 1\x00"
)

func (s *Signer) mac(purpose, payload string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose + payload))
	return h.Sum(nil)[:macSize]
}

// Unsubscribe answers the token that ends a merchant's reminders, always the same. It has no expiry: who digs out an old
// mail to be left alone must be left alone.
func (s *Signer) Unsubscribe(merchantID string) string {
	return base64.RawURLEncoding.EncodeToString(append(s.mac(toUnsubscribe, merchantID), merchantID...))
}

// ParseUnsubscribe checks a token of Unsubscribe.
func (s *Signer) ParseUnsubscribe(token string) (merchantID string, err error) {
	return s.open(toUnsubscribe, token)
}

// open answers what the token's MAC vouches for.
func (s *Signer) open(purpose, token string) (payload string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < macSize || !hmac.Equal(raw[:macSize], s.mac(purpose, string(raw[macSize:]))) {
		return "", ErrInvalid
	}
	return string(raw[macSize:]), nil
}

// Parse checks a token at the time now.
func (s *Signer) Parse(token string, now time.Time) (Grant, error) {
	g, err := s.Past(token)
	if err != nil || !now.Before(g.Expires) {
		return Grant{}, ErrInvalid
	}
	return g, nil
}

// Past checks that a token is one of ours, and not whether it is over: it may lead to nothing but a fresh mail to the
// address on file.
func (s *Signer) Past(token string) (Grant, error) {
	payload, err := s.open(toRelink, token)
	if err != nil {
		return Grant{}, err
	}
	parts := strings.Split(payload, "\x00")
	if len(parts) != 3 {
		return Grant{}, ErrInvalid
	}
	seconds, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil {
		return Grant{}, ErrInvalid
	}
	return Grant{MerchantID: parts[0], Slot: parts[1], Expires: time.Unix(seconds, 0).UTC()}, nil
}
