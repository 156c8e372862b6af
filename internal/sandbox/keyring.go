package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// signing is how a webhook is signed; all but the first make something a receiver must refuse.
type signing string

const (
	signGood  signing = "good"
	signNone  signing = "none"  // no Plaid-Verification header at all
	signWrong signing = "wrong" // the current key's id, another key's signature
	signStale signing = "stale" // issued longer ago than the five minutes Plaid allows
)

// staleBy is well past the five minutes a receiver may accept (plaid.com/docs/api/webhooks/webhook-verification).
const staleBy = 10 * time.Minute

// jwk is a public webhook key as /webhook_verification_key/get gives it (schema JWKPublicKey); times are unix seconds.
type jwk struct {
	Alg       string `json:"alg"`
	Crv       string `json:"crv"`
	Kid       string `json:"kid"`
	Kty       string `json:"kty"`
	Use       string `json:"use"`
	X         string `json:"x"`
	Y         string `json:"y"`
	CreatedAt int64  `json:"created_at"`
	ExpiredAt *int64 `json:"expired_at"`
}

type signingKey struct {
	private *ecdsa.PrivateKey
	scalar  []byte // of private, as a data file keeps it
	public  jwk
}

// keyring holds the webhook keys, the current one last.
type keyring struct {
	now      func() time.Time
	stranger *ecdsa.PrivateKey // signs what claims to be ours and is not

	mu   sync.Mutex
	keys []signingKey
}

func newKeyring(now func() time.Time) (*keyring, error) {
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate P-256 key: %w", err)
	}
	k := &keyring{now: now, stranger: stranger}
	if _, err := k.rotate(); err != nil {
		return nil, err
	}
	return k, nil
}

// rotate makes a new current key; the one before stays known, with its expired_at set.
func (k *keyring) rotate() (jwk, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return jwk{}, fmt.Errorf("generate P-256 key: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now().Unix()
	key, err := newSigningKey(private, uuid.NewString(), now)
	if err != nil {
		return jwk{}, err
	}
	if len(k.keys) > 0 {
		k.keys[len(k.keys)-1].public.ExpiredAt = &now
	}
	k.keys = append(k.keys, key)
	return key.public, nil
}

// newSigningKey describes a P-256 key; createdAt is in unix seconds.
func newSigningKey(private *ecdsa.PrivateKey, kid string, createdAt int64) (signingKey, error) {
	point, err := private.PublicKey.Bytes() // 0x04, 32 bytes x, 32 bytes y
	if err != nil {
		return signingKey{}, fmt.Errorf("encode P-256 key: %w", err)
	}
	scalar, err := private.Bytes()
	if err != nil {
		return signingKey{}, fmt.Errorf("encode P-256 key: %w", err)
	}
	return signingKey{private: private, scalar: scalar, public: jwk{
		Alg: "ES256", Crv: "P-256", Kid: kid, Kty: "EC", Use: "sig", CreatedAt: createdAt,
		X: base64.RawURLEncoding.EncodeToString(point[1:33]), Y: base64.RawURLEncoding.EncodeToString(point[33:]),
	}}, nil
}

func (k *keyring) find(kid string) (jwk, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.keys {
		if key.public.Kid == kid {
			return key.public, nil
		}
	}
	return jwk{}, plaidError("INVALID_WEBHOOK_VERIFICATION_KEY_ID")
}

func (k *keyring) current() jwk {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[len(k.keys)-1].public
}

// sign makes the Plaid-Verification header for a body; empty for signNone.
func (k *keyring) sign(body []byte, how signing) (string, error) {
	if how == signNone {
		return "", nil
	}
	k.mu.Lock()
	key := k.keys[len(k.keys)-1]
	k.mu.Unlock()
	private, issued := key.private, k.now()
	switch how {
	case signGood, signNone:
	case signWrong:
		private = k.stranger
	case signStale:
		issued = issued.Add(-staleBy)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: key.public.Kid}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("make webhook signer: %w", err)
	}
	hash := sha256.Sum256(body)
	token, err := jwt.Signed(signer).Claims(map[string]any{"iat": issued.Unix(), "request_body_sha256": hex.EncodeToString(hash[:])}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign webhook: %w", err)
	}
	return token, nil
}
