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

// ErrInvalid is returned for a token that is forged, damaged or expired. Callers must not show the difference to
// anybody.
var ErrInvalid = errors.New("deep link is not valid")

// Grant is what a token allows: to open the relink page of a merchant, until it expires.
type Grant struct {
	MerchantID string
	Slot       string // the mail's slot, item.MailRef.DedupKey
	Expires    time.Time
}

// Signer makes and checks tokens with one key.
type Signer struct{ key []byte }

// NewSigner returns a signer. It returns an error for a key of less than 32 bytes.
func NewSigner(key []byte) (*Signer, error) {
	if len(key) < 32 {
		return nil, fmt.Errorf("deep-link key has %d bytes, at least 32 are needed", len(key))
	}
	return &Signer{key: key}, nil
}

// Token returns the token of a grant, always the same one. Expires counts in whole seconds.
func (s *Signer) Token(g Grant) string {
	payload := strings.Join([]string{g.MerchantID, g.Slot, strconv.FormatInt(g.Expires.Unix(), 36)}, "\x00")
	return base64.RawURLEncoding.EncodeToString(append(s.mac(toRelink, payload), payload...))
}

const macSize = 16

// The purpose of a token is part of what is signed, so a token for one purpose is not valid for another.
const (
	toRelink      = "relink deep link 1\x00"
	toUnsubscribe = "relink unsubscribe 1\x00"
)

func (s *Signer) mac(purpose, payload string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose + payload))
	return h.Sum(nil)[:macSize]
}

// Unsubscribe returns the token that ends a merchant's reminders, always the same one. It does not expire: the link in
// an old mail must still end reminders.
func (s *Signer) Unsubscribe(merchantID string) string {
	return base64.RawURLEncoding.EncodeToString(append(s.mac(toUnsubscribe, merchantID), merchantID...))
}

// ParseUnsubscribe checks a token of Unsubscribe. It returns ErrInvalid for any other token.
func (s *Signer) ParseUnsubscribe(token string) (merchantID string, err error) {
	return s.open(toUnsubscribe, token)
}

// open checks the token's MAC and returns the payload that it signs.
func (s *Signer) open(purpose, token string) (payload string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < macSize || !hmac.Equal(raw[:macSize], s.mac(purpose, string(raw[macSize:]))) {
		return "", ErrInvalid
	}
	return string(raw[macSize:]), nil
}

// Parse returns the grant of a token. It returns ErrInvalid for a token that is forged, or expired at the time now.
func (s *Signer) Parse(token string, now time.Time) (Grant, error) {
	g, err := s.Past(token)
	if err != nil || !now.Before(g.Expires) {
		return Grant{}, ErrInvalid
	}
	return g, nil
}

// Past returns the grant of a token, even if it has expired. Such a token may only lead to a new mail to the address on
// file. It returns ErrInvalid for a forged token.
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
