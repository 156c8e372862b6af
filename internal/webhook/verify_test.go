package webhook_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

// Plaid indents its bodies, and the hash covers every space.
const body = "{\n  \"webhook_type\": \"ITEM\",\n  \"webhook_code\": \"ERROR\",\n  \"item_id\": \"itm_A\"\n}"

func TestVerify_acceptsWhatIsSignedRecentAndUnchanged(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	token := b.plaid.sign(t, start.Add(-time.Second), body)

	d, err := b.verifier.Verify(t.Context(), token, []byte(body))
	require.NoError(t, err)
	require.Equal(t, kid, d.KeyID)
	require.Equal(t, start.Add(-time.Second), d.IssuedAt)
	require.Equal(t, sha256.Sum256([]byte(token+"\x00"+body)), d.Key)
	require.Empty(t, webhook.Reason(err))
}

func TestVerify_refusesEachWayToForgeWithItsReason(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	stranger := newSigner(t, kid)
	withKid := map[jose.HeaderKey]any{"kid": kid}
	good := b.plaid.sign(t, start, body)
	goodParts := strings.Split(good, ".")
	public, err := x509.MarshalPKIXPublicKey(&b.plaid.private.PublicKey)
	require.NoError(t, err)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	point, err := b.plaid.private.PublicKey.Bytes()
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		token, reason string
	}{
		"no token":           {"", webhook.ReasonTokenMissing},
		"not a token":        {"hello", webhook.ReasonTokenMalformed},
		"two parts":          {"e30.e30", webhook.ReasonTokenMalformed},
		"JSON serialization": {`{"payload":"e30"}`, webhook.ReasonTokenMalformed},
		"too long":           {strings.Repeat("A", 1<<20), webhook.ReasonTokenMalformed},
		"unsigned, alg none": {rawToken(t, map[string]any{"alg": "none", "kid": kid}, claims(start, body),
			nil), webhook.ReasonAlgorithm},
		"no alg":                           {rawToken(t, map[string]any{"kid": kid}, claims(start, body), []byte("x")), webhook.ReasonAlgorithm},
		"HS256 with the public key as PEM": {jws(t, jose.HS256, publicPEM, withKid, claims(start, body)), webhook.ReasonAlgorithm},
		"HS256 with the public key as DER": {jws(t, jose.HS256, public, withKid, claims(start, body)), webhook.ReasonAlgorithm},
		"HS256 with the public point":      {jws(t, jose.HS256, point, withKid, claims(start, body)), webhook.ReasonAlgorithm},
		"no kid":                           {signer{private: b.plaid.private}.sign(t, start, body), webhook.ReasonKeyIDMissing},
		"kid too long": {signer{kid: strings.Repeat("k", 1000), private: b.plaid.private}.sign(t, start,
			body), webhook.ReasonTokenMalformed},
		"kid unknown to Plaid":          {newSigner(t, "another").sign(t, start, body), webhook.ReasonKeyUnknown},
		"another key under Plaid's kid": {stranger.sign(t, start, body), webhook.ReasonSignature},
		"key embedded in the header": {jws(t, jose.ES256, stranger.private, map[jose.HeaderKey]any{
			"kid": kid, "jwk": jose.JSONWebKey{Key: &stranger.private.PublicKey, KeyID: kid},
		}, claims(start, body)), webhook.ReasonSignature},
		"signature cut off": {goodParts[0] + "." + goodParts[1] + ".", webhook.ReasonSignature},
		"claims of another token": {goodParts[0] + "." + strings.Split(b.plaid.sign(t, start, "other"),
			".")[1] + "." + goodParts[2], webhook.ReasonSignature},
		"line break in the signature":  {good[:len(good)-4] + "\n" + good[len(good)-4:], webhook.ReasonTokenMalformed},
		"issued too far in the future": {b.plaid.sign(t, start.Add(webhook.MaxAhead+time.Second), body), webhook.ReasonFuture},
		"issued in another age": {b.plaid.signClaims(t,
			strings.Replace(claims(start, body), "1795", "17950000000", 1)), webhook.ReasonFuture},
		"no iat":               {b.plaid.signClaims(t, `{"request_body_sha256":"00"}`), webhook.ReasonTokenMalformed},
		"no hash":              {b.plaid.signClaims(t, `{"iat":1795334400}`), webhook.ReasonTokenMalformed},
		"hash too short":       {b.plaid.signClaims(t, `{"iat":1795334400,"request_body_sha256":"00"}`), webhook.ReasonTokenMalformed},
		"claims are no object": {b.plaid.signClaims(t, `[]`), webhook.ReasonTokenMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.verifier.Verify(t.Context(), tc.token, []byte(body))
			require.ErrorIs(t, err, webhook.ErrForged)
			require.NotErrorIs(t, err, webhook.ErrStale)
			require.NotErrorIs(t, err, webhook.ErrUnchecked)
			require.Equal(t, tc.reason, webhook.Reason(err))
			if tc.token != "" {
				require.NotContains(t, err.Error(), tc.token, "no token in an error's text")
			}
		})
	}
}

// A signed token has one spelling. Base64 leaves unused bits at the end of the signature, and setting them would make a
// new delivery of an old one.
func TestVerify_refusesAnotherSpellingOfTheSameToken(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	token := b.plaid.sign(t, start, body)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	twin := token[:len(token)-1] + string(alphabet[last|1])

	_, err := b.verifier.VerifyToken(t.Context(), token)
	require.NoError(t, err)
	_, err = b.verifier.VerifyToken(t.Context(), twin)
	require.ErrorIs(t, err, webhook.ErrForged)
	require.Equal(t, webhook.ReasonTokenMalformed, webhook.Reason(err))
}

func TestVerify_refusesAnyChangeOfTheBody(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	token := b.plaid.sign(t, start, body)
	for name, changed := range map[string]string{
		"one space more":    body + " ",
		"one space less":    strings.Replace(body, "  ", " ", 1),
		"compacted":         `{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A"}`,
		"another item":      strings.Replace(body, "itm_A", "itm_B", 1),
		"empty":             "",
		"truncated":         body[:len(body)-1],
		"newline at end":    body + "\n",
		"case of one field": strings.Replace(body, "ITEM", "item", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.verifier.Verify(t.Context(), token, []byte(changed))
			require.ErrorIs(t, err, webhook.ErrForged)
			require.Equal(t, webhook.ReasonBody, webhook.Reason(err))
		})
	}
}

func TestVerify_boundsTheAgeOnBothSides(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	for name, tc := range map[string]struct {
		iat     time.Duration
		verdict error
		reason  string
	}{
		"now":                  {0, nil, ""},
		"oldest allowed":       {-300 * time.Second, nil, ""},
		"one second too old":   {-301 * time.Second, webhook.ErrStale, webhook.ReasonStale},
		"a day old":            {-24 * time.Hour, webhook.ErrStale, webhook.ReasonStale},
		"furthest ahead":       {60 * time.Second, nil, ""},
		"one second too early": {61 * time.Second, webhook.ErrForged, webhook.ReasonFuture},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.verifier.Verify(t.Context(), b.plaid.sign(t, start.Add(tc.iat), body), []byte(body))
			require.ErrorIs(t, err, tc.verdict)
			require.Equal(t, tc.reason, webhook.Reason(err))
		})
	}
}

func TestVerify_callsOnlyStaleWhatPlaidSignedAndNobodyChanged(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	old := start.Add(-time.Hour)
	for name, tc := range map[string]struct {
		token, body string
		verdict     error
	}{
		"signed by a stranger":  {newSigner(t, kid).sign(t, old, body), body, webhook.ErrForged},
		"with another body":     {b.plaid.sign(t, old, body), body + " ", webhook.ErrForged},
		"signed and unchanged":  {b.plaid.sign(t, old, body), body, webhook.ErrStale},
		"signed by an unknown":  {newSigner(t, "another").sign(t, old, body), body, webhook.ErrForged},
		"signed, hash unusable": {b.plaid.signClaims(t, `{"iat":1,"request_body_sha256":"00"}`), body, webhook.ErrForged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := b.verifier.Verify(t.Context(), tc.token, []byte(tc.body))
			require.ErrorIs(t, err, tc.verdict)
			for _, other := range []error{webhook.ErrForged, webhook.ErrStale, webhook.ErrUnchecked} {
				require.Equal(t, errors.Is(tc.verdict, other), errors.Is(err, other))
			}
			require.Zero(t, d, "who asks for a verdict gets no delivery beside it")
		})
	}
}

func TestVerifyToken_returnsAStaleTokenWithItsRefusal(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	token := b.plaid.sign(t, start.Add(-time.Hour), body)
	claims, err := b.verifier.VerifyToken(t.Context(), token)
	require.NoError(t, err, "what Plaid signed is worth keeping")
	require.ErrorIs(t, claims.Stale(), webhook.ErrStale)
	require.ErrorContains(t, claims.Stale(), "signed 1h0m0s ago")
	d, err := claims.Delivery([]byte(body))
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256([]byte(token+"\x00"+body)), d.Key)
	_, err = claims.Delivery([]byte(body + " "))
	require.ErrorIs(t, err, webhook.ErrForged)

	recent, err := b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, start, body))
	require.NoError(t, err)
	require.NoError(t, recent.Stale())
}

func TestSignedByCachedKey_asksNobody(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	token := b.plaid.sign(t, start, body)
	require.False(t, b.verifier.SignedByCachedKey(token), "no key is cached yet")
	require.Zero(t, b.source.questions())

	_, err := b.verifier.VerifyToken(t.Context(), token)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		token string
		want  bool
	}{
		"signed by it":          {token, true},
		"signed long ago by it": {b.plaid.sign(t, start.Add(-time.Hour), body), true},
		"another key, its kid":  {newSigner(t, kid).sign(t, start, body), false},
		"another kid":           {signer{kid: "another", private: b.plaid.private}.sign(t, start, body), false},
		"no token":              {"", false},
		"damaged":               {token[:len(token)-4], false},
	} {
		require.Equal(t, tc.want, b.verifier.SignedByCachedKey(tc.token), name)
	}
	b.clock.Advance(48 * time.Hour)
	require.True(t, b.verifier.SignedByCachedKey(token), "however old the key is here")
	require.Equal(t, 1, b.source.questions())
}

func TestVerifyToken_needsNoBody(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	claims, err := b.verifier.VerifyToken(t.Context(), b.plaid.sign(t, start, body))
	require.NoError(t, err)
	b.clock.Advance(time.Hour) // a slow upload: age counts at receipt
	require.NoError(t, claims.CheckBody([]byte(body)))
	require.ErrorIs(t, claims.CheckBody([]byte(body+" ")), webhook.ErrForged)
	d, err := claims.Delivery([]byte(body))
	require.NoError(t, err)
	require.Equal(t, start, d.IssuedAt)
	_, err = claims.Delivery([]byte(body + " "))
	require.ErrorIs(t, err, webhook.ErrForged)
}

func TestClaims_zeroAcceptsNoBody(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, webhook.Claims{}.CheckBody(nil), webhook.ErrForged)
	require.ErrorIs(t, webhook.Claims{}.CheckBody([]byte(body)), webhook.ErrForged)
}

func TestDelivery_keyIsTheSameForTheExactSameDeliveryOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	token := b.plaid.sign(t, start, body)
	first, err := b.verifier.Verify(t.Context(), token, []byte(body))
	require.NoError(t, err)
	again, err := b.verifier.Verify(t.Context(), token, []byte(body))
	require.NoError(t, err)
	require.Equal(t, first.Key, again.Key)

	later, err := b.verifier.Verify(t.Context(), b.plaid.sign(t, start.Add(time.Second), body), []byte(body))
	require.NoError(t, err)
	require.NotEqual(t, first.Key, later.Key, "a second incident with the same body is one of its own")
}

func TestVerify_refusesAnExpiredKey(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	b.source.put(kid, b.plaid.key(t, "1795334399")) // a second before now
	_, err := b.verifier.Verify(t.Context(), b.plaid.sign(t, start, body), []byte(body))
	require.ErrorIs(t, err, webhook.ErrForged)
	require.Equal(t, webhook.ReasonKeyExpired, webhook.Reason(err))
}

func TestParseKey_nullExpiryMeansLive(t *testing.T) {
	t.Parallel()
	plaid := newSigner(t, kid)
	key, err := webhook.ParseKey(plaid.jwk(t, "null"))
	require.NoError(t, err)
	require.True(t, key.ExpiredAt.IsZero())
	require.True(t, key.Live(start.AddDate(50, 0, 0)))

	key, err = webhook.ParseKey(plaid.jwk(t, "1795334400"))
	require.NoError(t, err)
	require.False(t, key.Live(start))
	require.True(t, key.Live(start.Add(-time.Second)))
}

func TestParseKey_refusesWhatIsNoPublicP256Key(t *testing.T) {
	t.Parallel()
	plaid := newSigner(t, kid)
	good := string(plaid.jwk(t, "null"))
	private, err := jose.JSONWebKey{Key: plaid.private, KeyID: kid}.MarshalJSON()
	require.NoError(t, err)
	for name, jwk := range map[string]string{
		"not JSON":     "<html>",
		"empty":        "{}",
		"symmetric":    `{"kty":"oct","k":"c2VjcmV0","kid":"k"}`,
		"private":      string(private),
		"for RSA":      strings.Replace(good, `"alg":"ES256"`, `"alg":"RS256"`, 1),
		"for sealing":  strings.Replace(good, `"use":"sig"`, `"use":"enc"`, 1),
		"off curve":    strings.Replace(good, `"x":"`, `"x":"AA`, 1),
		"expiry a day": strings.Replace(good, "null", `"tomorrow"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := webhook.ParseKey([]byte(jwk))
			require.Error(t, err)
		})
	}
}

func TestVerify_doesNotCallItForgedWhilePlaidIsOutOfReach(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	down := &url.Error{Op: "Post", URL: "https://production.plaid.com", Err: errors.New("connection refused")}
	b.source.fail(down)
	_, err := b.verifier.Verify(t.Context(), b.plaid.sign(t, start, body), []byte(body))
	require.ErrorIs(t, err, webhook.ErrUnchecked)
	require.NotErrorIs(t, err, webhook.ErrForged)
	require.ErrorIs(t, err, down)
	require.Equal(t, webhook.ReasonKeyUnreachable, webhook.Reason(err))

	b.source.fail(nil)
	_, err = b.verifier.Verify(t.Context(), b.plaid.sign(t, start, body), []byte(body))
	require.NoError(t, err, "the failure is not remembered")
}

func TestVerify_isUncheckedWhenPlaidsResponseIsNoKey(t *testing.T) {
	t.Parallel()
	b := setup(t, webhook.KeysOptions{})
	for name, key := range map[string]webhook.Key{
		"nothing":                 {},
		"the key of another kid":  newSigner(t, "another").key(t, "null"),
		"a secret under this kid": {JWK: jose.JSONWebKey{Key: []byte("secret"), KeyID: "b"}},
	} {
		b.source.put("b", key)
		token := signer{kid: "b", private: b.plaid.private}.sign(t, start, body)
		_, err := b.verifier.Verify(t.Context(), token, []byte(body))
		require.ErrorIs(t, err, webhook.ErrUnchecked, name)
	}
}

func TestReason_ofForeignErrors(t *testing.T) {
	t.Parallel()
	require.Equal(t, webhook.ReasonOther, webhook.Reason(errors.New("disk full")))
	require.Equal(t, "", webhook.Reason(nil))
}
