package api

import (
	"net/http"
	"net/url"
	"regexp"
	"time"

	"go.uber.org/zap"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/telemetry"
)

// firstLink is the body of POST /v1/link-tokens.
type firstLink struct {
	merchantGiven
	// Products are Plaid's; "transactions" when none is named.
	Products []string `json:"products"`
	// RequiredAccounts are what the merchant is asked to share, in the platform's own words; they complete the consent.
	RequiredAccounts []string `json:"required_accounts"`
	// CountryCodes and Language are the merchant's own when they are not sent.
	CountryCodes []string `json:"country_codes"`
	Language     string   `json:"language"`
	// RedirectURI is of the page that opens Link.
	RedirectURI string `json:"redirect_uri"`
}

// languages is the shape of what Link calls a language: "en", "pt-BR".
var languages = regexp.MustCompile(`^[a-z]{2}(-[A-Z]{2})?$`)

func (l firstLink) check() error {
	if wrong := enrolment.CheckCountries(l.CountryCodes); wrong != "" {
		return badInput("country_codes %s", wrong)
	}
	if l.Language != "" && !languages.MatchString(l.Language) {
		return badInput("language is not like en")
	}
	if l.RedirectURI != "" {
		u, err := url.Parse(l.RedirectURI)
		if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return badInput("redirect_uri is not an absolute URL without query and fragment")
		}
	}
	return checkProducts("products", l.Products)
}

// mintFirstLink mints a link token for a merchant's first link. The Item's webhooks come here.
func (s *Server) mintFirstLink(w http.ResponseWriter, r *http.Request) error {
	var in firstLink
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	m, known, err := s.merchantFor(r.Context(), in.merchantGiven)
	if err != nil {
		return err
	}
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", m.ID))
	ask := plaid.NewLink{
		MerchantID: m.ID, Language: in.Language, CountryCodes: in.CountryCodes, Products: in.Products, RedirectURI: in.RedirectURI,
		Webhook: s.webhookURL(),
	}
	if ask.Language == "" {
		ask.Language = plaid.LinkLanguage(m.Locale)
	}
	if len(ask.CountryCodes) == 0 {
		ask.CountryCodes = m.CountryCodes
	}
	if len(ask.Products) == 0 {
		ask.Products = []string{"transactions"}
	}
	now := time.Now()
	token, err := s.Plaid.NewLinkToken(r.Context(), ask)
	if err != nil {
		return err
	}
	details := &m
	if known {
		details = nil
	}
	err = s.Store.KeepFirstLink(r.Context(), item.FirstLink{
		MerchantID: m.ID, Hash: token.Hash, Sealed: token.Sealed, Products: ask.Products, RequiredAccounts: in.RequiredAccounts,
		MintedAt: now, ExpiresAt: token.ExpiresAt,
	}, details)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"link_token": token.Token.Reveal(), "expires_at": token.ExpiresAt, "merchant_id": m.ID})
}
