package localplaid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// signing is how a webhook is signed. All but the first make something that a receiver must refuse.
type signing string

const (
	signGood  signing = "good"
	signNone  signing = "none"  // no Plaid-Verification header at all
	signWrong signing = "wrong" // the current key's id, another key's signature
	signStale signing = "stale" // issued longer ago than the five minutes Plaid allows
)

// staleBy is well past the five minutes a receiver may accept (plaid.com/docs/api/webhooks/webhook-verification).
const staleBy = 10 * time.Minute

// signingKey is a webhook key. Times are unix seconds.
type signingKey struct {
	Private   jose.JSONWebKey `json:"private"`
	CreatedAt int64           `json:"created_at"`
	ExpiredAt *int64          `json:"expired_at"`
}

// public is the key as /webhook_verification_key/get gives it (schema JWKPublicKey).
func (k signingKey) public() reply {
	shown := reply{}
	encoded, _ := json.Marshal(k.Private.Public()) // a P-256 key can be encoded
	_ = json.Unmarshal(encoded, &shown)
	shown["created_at"], shown["expired_at"] = k.CreatedAt, k.ExpiredAt
	return shown
}

// keyring holds the webhook keys, the current one last.
type keyring struct {
	now      func() time.Time
	stranger *ecdsa.PrivateKey // signs what claims to be ours and is not

	mu   sync.Mutex
	keys []signingKey
}

func newKeyring(now func() time.Time) *keyring {
	k := &keyring{now: now, stranger: newPrivateKey()}
	k.rotate()
	return k
}

func newPrivateKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // crypto/rand.Reader never fails
	}
	return key
}

// rotate makes a new current key. The one before stays known, with its expired_at set.
func (k *keyring) rotate() reply {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now().Unix()
	if len(k.keys) > 0 {
		k.keys[len(k.keys)-1].ExpiredAt = &now
	}
	key := signingKey{CreatedAt: now, Private: jose.JSONWebKey{Key: newPrivateKey(), KeyID: uuid.NewString(), Algorithm: "ES256", Use: "sig"}}
	k.keys = append(k.keys, key)
	return key.public()
}

func (k *keyring) find(kid string) (reply, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.keys {
		if key.Private.KeyID == kid {
			return key.public(), nil
		}
	}
	return nil, plaidError("INVALID_WEBHOOK_VERIFICATION_KEY_ID")
}

func (k *keyring) current() signingKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[len(k.keys)-1]
}

// sign makes the Plaid-Verification header for a body; empty for signNone.
func (k *keyring) sign(body []byte, how signing) (string, error) {
	key, issued := k.current().Private, k.now()
	switch how {
	case signNone:
		return "", nil
	case signWrong:
		key.Key = k.stranger
	case signStale:
		issued = issued.Add(-staleBy)
	case signGood:
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("make webhook signer: %w", err)
	}
	hash := sha256.Sum256(body)
	claims := map[string]any{"iat": issued.Unix(), "request_body_sha256": hex.EncodeToString(hash[:])}
	return jwt.Signed(signer).Claims(claims).Serialize()
}
