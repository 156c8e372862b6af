package webhook_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

// FuzzVerifyToken proves that every token is either refused with a verdict and a reason, or was really signed by the
// key according to the standard library as well, in its one spelling.
func FuzzVerifyToken(f *testing.F) {
	plaid := fixedSigner(f)
	c := newClock()
	src := newSource(map[string]webhook.Key{kid: plaid.key(f, "null")})
	keys, err := webhook.NewKeys(src, webhook.KeysOptions{Now: c.Now})
	require.NoError(f, err)
	verifier, err := webhook.NewVerifier(keys, webhook.VerifierOptions{Now: c.Now})
	require.NoError(f, err)
	f.Add(plaid.sign(f, start, body), []byte(body))
	_, err = keys.Key(f.Context(), kid)
	require.NoError(f, err)

	f.Fuzz(func(t *testing.T, token string, body []byte) {
		claims, err := verifier.VerifyToken(t.Context(), token)
		if err != nil {
			require.NotEqual(t, errors.Is(err, webhook.ErrForged), errors.Is(err, webhook.ErrUnchecked), "%v", err)
			require.NotErrorIs(t, err, webhook.ErrStale)
			require.NotEqual(t, webhook.ReasonOther, webhook.Reason(err))
			require.Zero(t, claims)
			require.ErrorIs(t, claims.CheckBody(body), webhook.ErrForged)
			return
		}
		require.True(t, verifier.SignedByCachedKey(token))
		input, signature, found := cutLast(token)
		require.True(t, found)
		require.True(t, signedBy(&plaid.private.PublicKey, input, signature))
		require.Equal(t, spelledAnew(t, token), token)
		age := c.Now().Sub(claims.IssuedAt)
		require.Equal(t, age > webhook.MaxAge, claims.Stale() != nil)
		require.GreaterOrEqual(t, age, -webhook.MaxAhead)
		delivery, err := claims.Delivery(body)
		if err != nil {
			require.ErrorIs(t, err, webhook.ErrForged)
			return
		}
		require.Equal(t, sha256.Sum256(slices.Concat([]byte(token+"\x00"), body)), delivery.Key)
	})
}

// spelledAnew decodes and encodes the parts of a token.
func spelledAnew(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	for i, part := range parts {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		require.NoError(t, err)
		parts[i] = base64.RawURLEncoding.EncodeToString(raw)
	}
	return strings.Join(parts, ".")
}

func cutLast(token string) (input, signature string, found bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return "", "", false
	}
	return token[:i], token[i+1:], true
}

func signedBy(public *ecdsa.PublicKey, input, signature string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || len(raw) != 64 {
		return false
	}
	digest := sha256.Sum256([]byte(input))
	return ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]))
}

var plaidToken = regexp.MustCompile(`(access|public|link)-(sandbox|development|production)-`)

// FuzzRead proves that the stored part of every body gives the same Event and holds no token.
func FuzzRead(f *testing.F) {
	f.Add([]byte(body))
	f.Fuzz(func(t *testing.T, body []byte) {
		event, clean, err := webhook.Read(body)
		if err != nil {
			require.ErrorIs(t, err, webhook.ErrNotUnderstood)
			require.Empty(t, event)
		}
		if clean == nil {
			require.Error(t, err)
			return
		}
		require.True(t, json.Valid(clean))
		require.NotContains(t, string(clean), `\u0000`)
		require.False(t, plaidToken.Match(clean), "%s", clean)
		again, _, againErr := webhook.Read(clean)
		require.Equal(t, err == nil, againErr == nil)
		require.Equal(t, event, again)
	})
}
