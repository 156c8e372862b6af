package webhook

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeySource asks Plaid for a verification key (POST /webhook_verification_key/get). It returns ErrUnknownKey (possibly
// wrapped) only when Plaid reports that the kid does not exist.
type KeySource interface {
	WebhookKey(ctx context.Context, kid string) (Key, error)
}

// Key is one of Plaid's webhook verification keys.
type Key struct {
	JWK jose.JSONWebKey
	// ExpiredAt is when Plaid withdrew the key; zero means live. Plaid sends null for a live key, which plaid-go's
	// GetExpiredAt turns into 0, so an adapter reads the pointer.
	ExpiredAt time.Time
}

// ParseKey reads the "key" object of Plaid's response, with its additional members created_at and expired_at (unix
// seconds or null).
func ParseKey(jwk []byte) (Key, error) {
	var k Key
	if err := json.Unmarshal(jwk, &k.JWK); err != nil {
		return Key{}, fmt.Errorf("read verification key: %w", err)
	}
	var times struct {
		ExpiredAt *int64 `json:"expired_at"`
	}
	if err := json.Unmarshal(jwk, &times); err != nil {
		return Key{}, fmt.Errorf("read verification key: %w", err)
	}
	if times.ExpiredAt != nil {
		k.ExpiredAt = time.Unix(*times.ExpiredAt, 0).UTC()
	}
	if err := k.usable(k.JWK.KeyID); err != nil {
		return Key{}, err
	}
	return k, nil
}

// Live reports whether the key is valid at the given time.
func (k Key) Live(now time.Time) bool {
	return k.ExpiredAt.IsZero() || now.Before(k.ExpiredAt)
}

// usable returns an error for anything but a public P-256 signature key of the given id. Another response proves
// nothing about the webhook, so it counts as a failed look-up.
func (k Key) usable(kid string) error {
	public, ok := k.JWK.Key.(*ecdsa.PublicKey)
	switch {
	case !ok || public == nil || public.Curve != elliptic.P256():
		return errors.New("verification key is not a public P-256 key")
	case k.JWK.Algorithm != "" && k.JWK.Algorithm != string(jose.ES256):
		return fmt.Errorf("verification key is for %q, not ES256", k.JWK.Algorithm)
	case k.JWK.Use != "" && k.JWK.Use != "sig":
		return fmt.Errorf("verification key is for use %q, not sig", k.JWK.Use)
	case k.JWK.KeyID != "" && k.JWK.KeyID != kid:
		return fmt.Errorf("verification key has id %q, asked for %q", k.JWK.KeyID, kid)
	}
	return nil
}
