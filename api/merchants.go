package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/plaid"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

// merchantView is a merchant as the platform says and sees it.
type merchantView struct {
	ID           string   `json:"id"`
	BusinessName string   `json:"business_name"`
	ContactName  string   `json:"contact_name"`
	Email        string   `json:"email"`
	TimeZone     string   `json:"time_zone"`
	Locale       string   `json:"locale"`
	Partner      string   `json:"partner"`
	CountryCodes []string `json:"country_codes"`
	HostedLink   *bool    `json:"hosted_link"`
}

// merchantGiven is a merchant in a request: whole, or by the id of one that is known.
type merchantGiven struct {
	MerchantID string        `json:"merchant_id"`
	Merchant   *merchantView `json:"merchant"`
}

// merchantFor answers the merchant of a request. known: it is there already and is to stay as it is.
func (s *Server) merchantFor(ctx context.Context, given merchantGiven) (m item.Merchant, known bool, err error) {
	switch {
	case given.Merchant != nil && given.MerchantID != "":
		return m, false, badInput("merchant, or merchant_id: not both")
	case given.MerchantID != "":
		m, _, err = s.Store.Merchant(ctx, given.MerchantID)
		return m, true, merchantFault(err)
	case given.Merchant == nil:
		return m, false, badInput("merchant is missing, or merchant_id")
	}
	m = item.Merchant(*given.Merchant)
	m.TimeZone, m.Locale = cmp.Or(m.TimeZone, "America/New_York"), cmp.Or(m.Locale, "en-US")
	for _, f := range merchantFields {
		if wrong := f.wrong(m); wrong != "" {
			return m, false, badInput("merchant.%s %s", f.name, wrong)
		}
	}
	return m, false, nil
}

func merchantFault(err error) error {
	if errors.Is(err, item.ErrUnknown) {
		return refuse(http.StatusNotFound, "no such merchant", err)
	}
	return err
}

// locales is the shape of a BCP 47 tag.
var locales = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$`)

// merchantField is one of a merchant's fields: wrong says what is not right with it, empty when it may stand so.
type merchantField struct {
	name  string
	wrong func(m item.Merchant) string
}

var merchantFields = []merchantField{
	{"id", func(m item.Merchant) string { return missing(m.ID) }},
	{"business_name", func(m item.Merchant) string { return missing(m.BusinessName) }},
	{"email", func(m item.Merchant) string {
		address, err := mail.ParseAddress(m.Email)
		return unless(err == nil && address.Address == m.Email, "is not a bare mail address")
	}},
	{"time_zone", func(m item.Merchant) string {
		_, err := time.LoadLocation(m.TimeZone)
		return unless(err == nil && m.TimeZone != "" && m.TimeZone != "Local", "is not an IANA time zone")
	}},
	{"locale", func(m item.Merchant) string { return unless(locales.MatchString(m.Locale), "is not a BCP 47 tag") }},
	{"country_codes", func(m item.Merchant) string {
		known := !slices.ContainsFunc(m.CountryCodes, func(code string) bool { return !plaid.KnownCountry(code) })
		return unless(known, "names a country that Plaid has no banks of; they are like US")
	}},
}

func missing(s string) string { return unless(s != "", "is missing") }

func unless(right bool, wrong string) string {
	if right {
		return ""
	}
	return wrong
}

// merchantChange is the body of PATCH /v1/merchants/{id}: what is not sent stays. hosted_link may be null: as the country
// says.
type merchantChange struct {
	BusinessName *string         `json:"business_name"`
	ContactName  *string         `json:"contact_name"`
	Email        *string         `json:"email"`
	TimeZone     *string         `json:"time_zone"`
	Locale       *string         `json:"locale"`
	Partner      *string         `json:"partner"`
	CountryCodes *[]string       `json:"country_codes"`
	HostedLink   json.RawMessage `json:"hosted_link"`
}

// apply changes a merchant, and answers which fields are others now.
func (c merchantChange) apply(m *item.Merchant) ([]string, error) {
	var sent, changed []string
	set := func(name string, field, to *string) {
		if to == nil {
			return
		}
		sent = append(sent, name)
		if *field != *to {
			*field, changed = *to, append(changed, name)
		}
	}
	set("business_name", &m.BusinessName, c.BusinessName)
	set("contact_name", &m.ContactName, c.ContactName)
	set("email", &m.Email, c.Email)
	set("time_zone", &m.TimeZone, c.TimeZone)
	set("locale", &m.Locale, c.Locale)
	set("partner", &m.Partner, c.Partner)
	if c.CountryCodes != nil {
		sent = append(sent, "country_codes")
		if len(*c.CountryCodes) == 0 {
			return nil, badInput("country_codes is empty")
		}
		if !slices.Equal(m.CountryCodes, *c.CountryCodes) {
			m.CountryCodes, changed = *c.CountryCodes, append(changed, "country_codes")
		}
	}
	if c.HostedLink != nil {
		var hosted *bool
		if err := json.Unmarshal(c.HostedLink, &hosted); err != nil {
			return nil, badInput("hosted_link is none of true, false and null")
		}
		if (hosted == nil) != (m.HostedLink == nil) || (hosted != nil && *hosted != *m.HostedLink) {
			m.HostedLink, changed = hosted, append(changed, "hosted_link")
		}
	} else if len(sent) == 0 {
		return nil, badInput("there is no field to change")
	}
	for _, f := range merchantFields {
		if wrong := f.wrong(*m); wrong != "" && slices.Contains(sent, f.name) {
			return nil, badInput("%s %s", f.name, wrong)
		}
	}
	return changed, nil
}

// changeMerchant changes the fields that are sent.
func (s *Server) changeMerchant(w http.ResponseWriter, r *http.Request) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	var in merchantChange
	if err := readJSON(r, &in); err != nil {
		return err
	}
	id := r.PathValue("id")
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", id))
	m, err := s.Store.ChangeMerchant(r.Context(), id, caller.Subject, time.Now(), in.apply)
	if err != nil {
		return merchantFault(err)
	}
	s.Dispatcher.Nudge()
	return writeJSON(w, http.StatusOK, merchantView(m))
}

// eraseMerchant has a merchant's Items removed at Plaid and, after that, all of its persons' data and tokens erased. What
// takes its time is answered 202; 204 is done.
func (s *Server) eraseMerchant(w http.ResponseWriter, r *http.Request) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", id))
	now := time.Now()
	erased, err := s.Store.AskErase(r.Context(), id, caller.Subject, now)
	if err != nil {
		return merchantFault(err)
	}
	if !erased {
		if erased, err = s.Store.Erase(r.Context(), id, removalAgain, now); err != nil {
			return err
		}
	}
	s.Dispatcher.Nudge()
	if erased {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return writeJSON(w, http.StatusAccepted, map[string]string{"id": id, "state": "erasing"})
}
