package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"go.uber.org/zap"
)

const (
	maxTokenBytes   = 8 << 10
	warmUpTimeout   = 2 * time.Second
	defaultSkew     = 30 * time.Second
	defaultMaxAge   = 15 * time.Minute // of keys, as Auth0's own libraries have it
	defaultMinPause = 5 * time.Second
)

// Options of a Bearer; zero values take the defaults named here.
type Options struct {
	// Logger records that the issuer cannot be reached while keys are cached; default none.
	Logger *zap.Logger
	// Client reaches the issuer; default one with a timeout of 5 s.
	Client *http.Client
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Skew is how far the issuer's clock may be off ours; default 30 s.
	Skew time.Duration
	// KeysMaxAge is the age at which the issuer's keys are fetched again; default 15 min. If that
	// fails, the cached keys stay in use.
	KeysMaxAge time.Duration
	// FetchPause is the least time between two fetches, so that junk tokens do not flood the
	// issuer; default 5 s.
	FetchPause time.Duration
}

// Bearer checks bearer tokens of one issuer for one audience.
type Bearer struct {
	trusted
	audience string
}

// NewBearer returns a Bearer for the issuer's exact URL (Auth0's ends in a slash). It tries to
// reach the issuer for at most 2 s. If it does not, it returns no error; until the issuer can be
// reached, checks of tokens return ErrUnavailable. It returns an error if the issuer has another
// name, since none of its tokens could ever be valid.
func NewBearer(ctx context.Context, issuer, audience string, opts Options) (*Bearer, error) {
	u, err := url.Parse(issuer)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("bearer tokens: issuer %q is not an http or https URL", issuer)
	}
	if audience == "" {
		return nil, errors.New("bearer tokens: an audience is required")
	}
	if opts.Skew < 0 || opts.KeysMaxAge < 0 || opts.FetchPause < 0 {
		return nil, errors.New("bearer tokens: durations must not be negative")
	}
	if opts.Logger == nil {
		opts.Logger = zap.NewNop()
	}
	if opts.Client == nil {
		opts.Client = &http.Client{Timeout: 5 * time.Second}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	b := &Bearer{audience: audience, trusted: trusted{
		issuer: issuer,
		skew:   cmp.Or(opts.Skew, defaultSkew),
		now:    opts.Now,
		keys: &keySet{
			issuer: issuer,
			client: opts.Client,
			logger: opts.Logger,
			now:    opts.Now,
			maxAge: cmp.Or(opts.KeysMaxAge, defaultMaxAge),
			pause:  cmp.Or(opts.FetchPause, defaultMinPause),
		},
	}}
	ctx, cancel := context.WithTimeout(ctx, warmUpTimeout)
	defer cancel()
	if err := b.keys.refresh(ctx); err != nil {
		var mismatch *oidc.IssuerMismatchError
		if errors.As(err, &mismatch) {
			return nil, fmt.Errorf("bearer tokens: %w", err)
		}
		opts.Logger.Warn("issuer not reached at start", zap.String("issuer", issuer), zap.Error(err))
	}
	return b, nil
}

// Authenticate checks the request's Authorization header. Errors wrap ErrUnauthenticated or
// ErrUnavailable, and never hold the token.
func (b *Bearer) Authenticate(r *http.Request) (Caller, error) {
	token, err := bearerToken(r.Header)
	if err != nil {
		return Caller{}, err
	}
	return b.check(r.Context(), token)
}

func bearerToken(header http.Header) (string, error) {
	values := header.Values("Authorization")
	if len(values) == 0 {
		return "", ErrNoToken
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ")
	switch {
	case len(values) > 1:
		return "", invalid(errors.New("several Authorization headers"))
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return "", ErrNoToken
	case len(token) > maxTokenBytes:
		return "", invalid(errors.New("token is too long"))
	}
	return token, nil
}

func (b *Bearer) check(ctx context.Context, token string) (Caller, error) {
	verified, err := b.verify(ctx, token, b.audience)
	if err != nil {
		return Caller{}, err
	}
	var c struct {
		Scope string `json:"scope"` // separated by spaces (RFC 8693, 4.2)
	}
	if err := verified.Claims(&c); err != nil {
		return Caller{}, invalid(errors.New("claims are not readable"))
	}
	return Caller{Subject: verified.Subject, Scopes: strings.Fields(c.Scope)}, nil
}
