package webhook_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

// FuzzVerifyToken: whatever the token, it is either refused with a verdict and a reason, or it
// is one that the key really signed, as the standard library sees it too.
func FuzzVerifyToken(f *testing.F) {
	plaid := fixedSigner(f)
	c := newClock()
	src := newSource(map[string]webhook.Key{kid: plaid.key(f, "null")})
	keys, err := webhook.NewKeys(src, webhook.KeysOptions{Now: c.Now})
	require.NoError(f, err)
	verifier, err := webhook.NewVerifier(keys, webhook.VerifierOptions{Now: c.Now})
	require.NoError(f, err)
	f.Add(plaid.sign(f, start, body), []byte(body))

	f.Fuzz(func(t *testing.T, token string, body []byte) {
		claims, err := verifier.VerifyToken(t.Context(), token)
		if err != nil {
			verdicts := 0
			for _, verdict := range []error{webhook.ErrForged, webhook.ErrStale, webhook.ErrUnchecked} {
				if errors.Is(err, verdict) {
					verdicts++
				}
			}
			require.Equal(t, 1, verdicts, "%v", err)
			require.NotEqual(t, webhook.ReasonOther, webhook.Reason(err))
			require.ErrorIs(t, claims.CheckBody(body), webhook.ErrForged)
			return
		}
		input, signature, found := cutLast(token)
		require.True(t, found)
		require.True(t, signedBy(&plaid.private.PublicKey, input, signature))
		require.LessOrEqual(t, c.Now().Sub(claims.IssuedAt).Abs(), webhook.MaxAge)
	})
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

// FuzzParse: whatever the body, what is kept in clear says the same Event and holds no token.
func FuzzParse(f *testing.F) {
	f.Add([]byte(body))
	f.Fuzz(func(t *testing.T, body []byte) {
		event, parseErr := webhook.Parse(body)
		clean, redactErr := webhook.Redact(body)
		if redactErr != nil {
			require.ErrorIs(t, redactErr, webhook.ErrNotUnderstood)
			require.ErrorIs(t, parseErr, webhook.ErrNotUnderstood)
			return
		}
		require.True(t, json.Valid(clean))
		require.NotContains(t, string(clean), `\u0000`)
		require.NotContains(t, string(clean), "access-production-")
		require.NotContains(t, string(clean), "link-sandbox-")
		again, againErr := webhook.Parse(clean)
		require.Equal(t, parseErr == nil, againErr == nil)
		require.Equal(t, event, again)
	})
}
