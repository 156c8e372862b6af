package sandbox

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

func (req linkTokenCreateRequest) check() error {
	if len(req.CountryCodes) == 0 {
		return invalidField("country_codes must be a non-empty array")
	}
	for _, c := range req.CountryCodes {
		if !slices.Contains(plaidCountries(), c) {
			return invalidField("country_codes contains an unsupported country: " + c)
		}
	}
	if req.User.ClientUserID == "" {
		return invalidField("user.client_user_id must be a non-empty string")
	}
	for _, p := range req.Products {
		// balance is never asked for: any product brings it (plaid.com/docs/errors/invalid-input, INVALID_PRODUCT).
		if p == "balance" || !slices.Contains(institutionProducts(), p) {
			return &apiError{kind: "INVALID_INPUT", code: "INVALID_PRODUCT", message: "client is not authorized to access the following products: [\"" + p + "\"]"}
		}
	}
	switch {
	case req.Update.User || len(req.Update.ItemIDs) > 0:
		return invalidField("update.user and update.item_ids are not offered by the local Plaid")
	case req.AccessToken == "" && len(req.Products) == 0:
		return invalidField("products must be a non-empty array")
	case req.AccessToken != "" && len(req.Products) > 0:
		return invalidField("products must be omitted when creating a link_token in update mode")
	}
	if req.InstitutionID != "" {
		if _, err := findInstitution(req.InstitutionID); err != nil {
			return err
		}
	}
	if err := checkRedirectURI(req.RedirectURI); err != nil {
		return err
	}
	return req.HostedLink.check()
}

// checkRedirectURI holds Plaid's rules for Sandbox: HTTPS, or HTTP on this machine; no query, no fragment, no wildcard
// (plaid.com/docs/link/oauth). Plaid also wants the URI on the Dashboard's list of allowed ones. There is no Dashboard
// here: the list is as if it held every HTTPS address and, over HTTP, every loopback one.
func checkRedirectURI(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return invalidField("OAuth redirect URI must be a valid URL")
	}
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return invalidField("OAuth redirect URI must use HTTPS")
	case strings.ContainsAny(raw, "?#"):
		return invalidField("OAuth redirect URI must not contain a query string or fragment")
	case strings.Contains(u.Host, "*"):
		return invalidField("OAuth redirect URI must not contain a wildcard")
	}
	return nil
}

func plaidCountries() []string {
	return []string{"US", "GB", "ES", "NL", "FR", "IE", "CA", "DE", "IT", "PL", "DK", "NO", "SE", "EE", "LT", "LV", "PT", "BE"}
}
