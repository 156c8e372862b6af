package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// algorithms are the accepted signatures. Symmetric ones and none are not among them, because everybody could read
// their "key".
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

// trusted is the one issuer whose tokens are accepted, both bearer tokens and ID tokens.
type trusted struct {
	issuer string
	skew   time.Duration
	now    func() time.Time
	keys   *keySet
}

// times are the claims that go-oidc checks differently from us: it allows no skew for exp, and 5 minutes for nbf.
type times struct {
	Expiry    *jwt.NumericDate `json:"exp"`
	NotBefore *jwt.NumericDate `json:"nbf"`
}

// verify checks a token's signature, iss, aud, exp, nbf and sub. Errors wrap ErrUnauthenticated or ErrUnavailable, and
// never hold the token.
func (t *trusted) verify(ctx context.Context, token, audience string) (*oidc.IDToken, error) {
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		var algorithm *jose.ErrUnexpectedSignatureAlgorithm
		if errors.As(err, &algorithm) {
			return nil, invalid(errors.New("signature algorithm is not RS256 or ES256"))
		}
		return nil, invalid(errors.New("token is not a signed JWT"))
	}
	header := signed.Signatures[0].Protected
	keys, err := t.keys.find(ctx, header.KeyID, header.Algorithm)
	if err != nil {
		return nil, err
	}
	verifier := oidc.NewVerifier(t.issuer, &oidc.StaticKeySet{PublicKeys: keys}, &oidc.Config{
		ClientID: audience, SupportedSigningAlgs: []string{header.Algorithm}, SkipExpiryCheck: true,
	})
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		return nil, invalid(err)
	}
	var c times
	if err := verified.Claims(&c); err != nil {
		return nil, invalid(errors.New("claims are not readable"))
	}
	now := t.now()
	switch {
	case c.Expiry == nil:
		return nil, invalid(errors.New("token has no exp"))
	case !now.Before(c.Expiry.Time().Add(t.skew)):
		return nil, invalid(fmt.Errorf("token expired %s", c.Expiry.Time().UTC().Format(time.RFC3339)))
	case c.NotBefore != nil && now.Before(c.NotBefore.Time().Add(-t.skew)):
		return nil, invalid(fmt.Errorf("token is not valid before %s", c.NotBefore.Time().UTC().Format(time.RFC3339)))
	case verified.Subject == "":
		return nil, invalid(errors.New("token has no sub"))
	}
	return verified, nil
}

func invalid(cause error) error { return fmt.Errorf("%w: %w", ErrUnauthenticated, cause) }
