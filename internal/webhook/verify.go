package webhook

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Header is the HTTP header that carries the signed token.
const Header = "Plaid-Verification"

// How far a token's iat may lie from our clock at receipt. Plaid asks for at most 5 minutes of age
// (https://plaid.com/docs/api/webhooks/webhook-verification). MaxAhead allows for clocks that differ.
const (
	MaxAge   = 300 * time.Second
	MaxAhead = 60 * time.Second
)

const (
	maxTokenBytes = 4 << 10 // Plaid's are about 400 bytes
	maxKeyIDBytes = 128     // Plaid's are UUIDs
)

// Verifier checks deliveries against Plaid's keys.
type Verifier struct {
	keys *Keys
	now  func() time.Time
}

// VerifierOptions configure a Verifier. Zero values take the defaults named here.
type VerifierOptions struct {
	// Now is the clock that iat is compared with; default time.Now.
	Now func() time.Time
}

// NewVerifier returns a Verifier that takes its keys from keys.
func NewVerifier(keys *Keys, opts VerifierOptions) (*Verifier, error) {
	if keys == nil {
		return nil, errors.New("webhook verifier: keys are required")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Verifier{keys: keys, now: opts.Now}, nil
}

// Claims are the claims of a token with a valid signature. They may be older than Plaid allows: see Stale. The zero
// value accepts no body.
type Claims struct {
	// IssuedAt is when Plaid signed, in UTC, to the second.
	IssuedAt time.Time
	// KeyID is the kid of the key that signed.
	KeyID string

	token      string
	bodySHA256 [sha256.Size]byte
	stale      error
}

// Delivery is one delivery that is Plaid's and unchanged.
type Delivery struct {
	IssuedAt time.Time // when Plaid signed, in UTC, to the second
	KeyID    string
	// Key is sha256(token 0x00 body). It is equal for the exact same delivery only, so it may be the inbox's unique key. A
	// retry that Plaid signs anew has another one.
	Key [sha256.Size]byte
}

// Verify checks a delivery whose body has been read. It returns ErrStale for one that is Plaid's but too old.
func (v *Verifier) Verify(ctx context.Context, token string, body []byte) (Delivery, error) {
	claims, err := v.VerifyToken(ctx, token)
	if err != nil {
		return Delivery{}, err
	}
	delivery, err := claims.Delivery(body)
	if err == nil {
		err = claims.Stale()
	}
	if err != nil {
		return Delivery{}, err
	}
	return delivery, nil
}

// VerifyToken checks the Header's value: ES256, a valid key, the signature, then the age as of now. Call it at receipt,
// before the body is read. Errors wrap ErrForged or ErrUnchecked. A valid token that is too old is no error here,
// because a delivery that Plaid signed is worth storing: the caller must check Claims.Stale before it responds 200.
func (v *Verifier) VerifyToken(ctx context.Context, token string) (Claims, error) {
	now := v.now()
	signed, kid, err := parseToken(token)
	if err != nil {
		return Claims{}, err
	}
	key, err := v.keys.Key(ctx, kid)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Claims{}, forged(ReasonKeyUnknown, err)
	case err != nil:
		return Claims{}, unchecked(err)
	case !key.Live(now):
		return Claims{}, forged(ReasonKeyExpired, fmt.Errorf("verification key %q expired %s", kid, key.ExpiredAt.Format(time.RFC3339)))
	}
	payload, err := signed.Verify(key.JWK.Key)
	if err != nil {
		return Claims{}, forged(ReasonSignature, err)
	}
	claims, err := parseClaims(payload)
	if err != nil {
		return Claims{}, forged(ReasonTokenMalformed, err)
	}
	switch age := now.Sub(claims.IssuedAt); {
	case age > MaxAge:
		claims.stale = &refusal{verdict: ErrStale, reason: ReasonStale, cause: fmt.Errorf("signed %s ago", age.Round(time.Second))}
	case age < -MaxAhead:
		return Claims{}, forged(ReasonFuture, fmt.Errorf("signed %s ahead of our clock", (-age).Round(time.Second)))
	}
	claims.KeyID, claims.token = kid, token
	return claims, nil
}

// SignedByCachedKey reports whether the token is signed with a cached key. It looks nothing up. It proves less than
// VerifyToken: the key may have been withdrawn since, and age and body are not checked.
func (v *Verifier) SignedByCachedKey(token string) bool {
	signed, kid, err := parseToken(token)
	if err != nil {
		return false
	}
	key, ok := v.keys.Cached(kid)
	if !ok {
		return false
	}
	_, err = signed.Verify(key.JWK.Key)
	return err == nil
}

// Stale returns nil for a token that was recent at receipt, and otherwise an error that wraps ErrStale. The delivery is
// then to be refused with it. With a valid body it is still Plaid's delivery.
func (c Claims) Stale() error { return c.stale }

// CheckBody compares the raw bytes of the body with the signed hash. The error wraps ErrForged.
func (c Claims) CheckBody(body []byte) error {
	sum := sha256.Sum256(body)
	if c.token == "" || subtle.ConstantTimeCompare(sum[:], c.bodySHA256[:]) != 1 {
		return forged(ReasonBody, nil)
	}
	return nil
}

// Delivery checks the body, as CheckBody does, and returns the delivery with its key.
func (c Claims) Delivery(body []byte) (Delivery, error) {
	if err := c.CheckBody(body); err != nil {
		return Delivery{}, err
	}
	h := sha256.New()
	h.Write([]byte(c.token))
	h.Write([]byte{0})
	h.Write(body)
	d := Delivery{IssuedAt: c.IssuedAt, KeyID: c.KeyID}
	h.Sum(d.Key[:0])
	return d, nil
}

func parseToken(token string) (*jose.JSONWebSignature, string, error) {
	switch {
	case token == "":
		return nil, "", forged(ReasonTokenMissing, nil)
	case len(token) > maxTokenBytes:
		return nil, "", forged(ReasonTokenMalformed, fmt.Errorf("%d bytes", len(token)))
	case !canonical(token):
		return nil, "", forged(ReasonTokenMalformed, errors.New("not three parts of base64url"))
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	var algorithm *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &algorithm):
		return nil, "", forged(ReasonAlgorithm, nil)
	case err != nil:
		return nil, "", forged(ReasonTokenMalformed, errors.New("header is not readable"))
	}
	kid := signed.Signatures[0].Protected.KeyID
	switch {
	case kid == "":
		return nil, "", forged(ReasonKeyIDMissing, nil)
	case len(kid) > maxKeyIDBytes:
		return nil, "", forged(ReasonTokenMalformed, errors.New("kid is too long"))
	}
	return signed, kid, nil
}

// canonical reports whether the token is spelled in the one strict way. Lenient base64 decoding accepts other spellings
// of the same bytes (line breaks, stray trailing bits), which would make new deliveries of an old one.
func canonical(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") {
		return false
	}
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return false
		}
	}
	return true
}

func parseClaims(payload []byte) (Claims, error) {
	var raw struct {
		IssuedAt   *jwt.NumericDate `json:"iat"`
		BodySHA256 string           `json:"request_body_sha256"`
	}
	if err := json.Unmarshal(payload, &raw); err != nil {
		return Claims{}, errors.New("claims are not readable")
	}
	if raw.IssuedAt == nil {
		return Claims{}, errors.New("iat is missing")
	}
	sum, err := hex.DecodeString(raw.BodySHA256)
	if err != nil || len(sum) != sha256.Size {
		return Claims{}, errors.New("request_body_sha256 is not the hex of a SHA-256")
	}
	return Claims{IssuedAt: raw.IssuedAt.Time().UTC(), bodySHA256: [sha256.Size]byte(sum)}, nil
}
