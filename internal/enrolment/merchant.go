package enrolment

import (
	"cmp"
	"net/mail"
	"regexp"
	"slices"
	"time"

	"relink/internal/plaid"
)

// What a merchant has when the caller gives no other value.
const (
	DefaultTimeZone = "America/New_York" // IANA name
	DefaultLocale   = "en-US"            // BCP 47
)

// WithDefaults returns the merchant with a time zone and a locale. The countries default in Postgres, because a
// merchant that is enrolled again without countries keeps the stored ones.
func WithDefaults(m Merchant) Merchant {
	m.TimeZone, m.Locale = cmp.Or(m.TimeZone, DefaultTimeZone), cmp.Or(m.Locale, DefaultLocale)
	return m
}

// CheckMerchant returns everything that is wrong with a merchant. It is the only such check: the CSV import, /v1/items,
// /v1/link-tokens and PATCH /v1/merchants all use it. It fills in no defaults, so an empty time zone is a problem.
func CheckMerchant(m Merchant) Problems {
	var problems Problems
	for _, rule := range merchantRules {
		if detail := rule.check(m); detail != "" {
			problems = append(problems, Problem{Field: rule.field, Detail: detail})
		}
	}
	return problems
}

// merchantRule checks one field of a merchant. check returns what is wrong with it, or "".
type merchantRule struct {
	field string
	check func(m Merchant) string
}

// merchantRules has one line per field that can be wrong. Bounds on lengths and characters belong here, too.
var merchantRules = []merchantRule{
	{"id", func(m Merchant) string { return checkPresent(m.ID) }},
	{"business_name", func(m Merchant) string { return checkPresent(m.BusinessName) }},
	{"email", func(m Merchant) string { return checkEmail(m.Email) }},
	{"time_zone", func(m Merchant) string { return checkTimeZone(m.TimeZone) }},
	{"locale", func(m Merchant) string { return checkLocale(m.Locale) }},
	{"country_codes", func(m Merchant) string { return CheckCountries(m.CountryCodes) }},
}

func checkPresent(s string) string {
	if s == "" {
		return "is missing"
	}
	return ""
}

func checkEmail(s string) string {
	if address, err := mail.ParseAddress(s); err != nil || address.Address != s {
		return "is not a bare mail address"
	}
	return ""
}

// checkTimeZone refuses the two names that Go takes for a zone and IANA does not: "" is UTC, and "Local" is the zone of
// the machine that happens to run relink.
func checkTimeZone(name string) string {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return "is not an IANA time zone"
	}
	return ""
}

// localeShape is the shape of a BCP 47 tag.
var localeShape = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$`)

func checkLocale(tag string) string {
	if !localeShape.MatchString(tag) {
		return "is not a BCP 47 tag"
	}
	return ""
}

// CheckCountries returns what is wrong with a list of ISO 3166-1 alpha-2 codes, or "". An empty list is right.
func CheckCountries(codes []string) string {
	if slices.ContainsFunc(codes, func(code string) bool { return !plaid.KnownCountry(code) }) {
		return "names a country that Plaid has no banks of; they are like US"
	}
	return ""
}

// Merchant owns the bank account and gets the mail. The address and the person's name never reach Temporal. Its JSON is
// stored in mails.notice, and SQL reads it there.
type Merchant struct {
	ID           string `json:"ID"`
	BusinessName string `json:"BusinessName"`
	ContactName  string `json:"ContactName"`
	Email        string `json:"Email"`
	TimeZone     string `json:"TimeZone"` // IANA name, "America/New_York"
	Locale       string `json:"Locale"`   // BCP 47, "en-US"
	Partner      string `json:"Partner"`  // the ISO that referred the merchant, may be empty
	// CountryCodes are ISO 3166-1 alpha-2, such as "US": whose banks Link offers.
	CountryCodes []string `json:"CountryCodes,omitempty"`
	// HostedLink chooses Plaid's own page over Link in ours. Nil means that the country decides.
	HostedLink *bool `json:"HostedLink,omitempty"`
}
