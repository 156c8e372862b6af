package v1

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/enrolment"
	"relink/internal/linksession"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

type linkTokenStore interface {
	merchantReader
	KeepFirstLink(ctx context.Context, l linksession.FirstLink, details *enrolment.Merchant) error
}

// linkTokenRoutes handle POST /v1/link-tokens.
type linkTokenRoutes struct {
	store linkTokenStore
	plaid interface {
		NewLinkToken(ctx context.Context, in plaid.NewLink) (plaid.NewLinkToken, error)
	}
	bodies     *bodies
	webhookURL string
}

// firstLink is the body of POST /v1/link-tokens.
type firstLink struct {
	merchantGiven
	// Products are Plaid's; "transactions" if none is sent.
	Products []string `json:"products"`
	// RequiredAccounts are the accounts that the merchant is asked to share, in the platform's own words. They complete
	// the consent.
	RequiredAccounts []string `json:"required_accounts"`
	// CountryCodes and Language are the merchant's own if the platform sends none.
	CountryCodes []string `json:"country_codes"`
	Language     string   `json:"language"`
	// RedirectURI is the redirect_uri of the page that opens Link.
	RedirectURI string `json:"redirect_uri"`
}

// languages matches Link's names of languages: "en", "pt-BR".
var languages = regexp.MustCompile(`^[a-z]{2}(-[A-Z]{2})?$`)

// check adds the mistakes in the body to wrong.
func (l firstLink) check(wrong *web.Findings) {
	if detail := enrolment.CheckCountries(l.CountryCodes); detail != "" {
		wrong.Field("/country_codes", "%s", detail)
	}
	if l.Language != "" && !languages.MatchString(l.Language) {
		wrong.Field("/language", "is not like en")
	}
	if l.RedirectURI != "" {
		u, err := url.Parse(l.RedirectURI)
		if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			wrong.Field("/redirect_uri", "is not an absolute URL without query and fragment")
		}
	}
	checkProducts(wrong, "/products", l.Products)
	l.merchantGiven.check(wrong)
}

// mint mints a link token for a merchant's first link. With it, Plaid sends the new Item's webhooks to us.
func (l linkTokenRoutes) mint(w http.ResponseWriter, r *http.Request) error {
	var in firstLink
	wrong, err := l.bodies.read(r, &in)
	if err != nil {
		return err
	}
	in.check(wrong)
	if err := wrong.Err(); err != nil {
		return err
	}
	m, known, err := in.find(r.Context(), l.store)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", m.ID))
	ask := plaid.NewLink{
		MerchantID: m.ID, Language: cmp.Or(in.Language, plaid.LinkLanguage(m.Locale)), CountryCodes: in.CountryCodes, Products: in.Products,
		RedirectURI: in.RedirectURI, Webhook: l.webhookURL,
	}
	if len(ask.CountryCodes) == 0 {
		ask.CountryCodes = m.CountryCodes
	}
	if len(ask.Products) == 0 {
		ask.Products = []string{"transactions"}
	}
	now := time.Now()
	token, err := l.plaid.NewLinkToken(r.Context(), ask)
	if err != nil {
		return err
	}
	details := &m
	if known {
		details = nil
	}
	err = l.store.KeepFirstLink(r.Context(), linksession.FirstLink{
		MerchantID: m.ID, Hash: token.Hash, Sealed: token.Sealed, Products: ask.Products, RequiredAccounts: in.RequiredAccounts,
		MintedAt: now, ExpiresAt: token.ExpiresAt,
	}, details)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{
		"link_token": token.Token.Reveal(), "expires_at": token.ExpiresAt,
		"merchant_id": m.ID,
	})
}
