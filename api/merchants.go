package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/internal/enrolment"
	"relink/internal/item"
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
	m = enrolment.WithDefaults(item.Merchant(*given.Merchant))
	return m, false, badField("merchant.", enrolment.CheckMerchant(m))
}

func merchantFault(err error) error {
	if errors.Is(err, item.ErrUnknown) {
		return refuse(http.StatusNotFound, "no such merchant", err)
	}
	return err
}

// badField refuses a request for the first of its problems; within is what the fields stand in, such as "merchant.".
func badField(within string, problems enrolment.Problems) error {
	if len(problems) == 0 {
		return nil
	}
	return badInput("%s%s", within, problems[0])
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
	if err := badField("", enrolment.CheckMerchant(*m).Within(sent)); err != nil {
		return nil, err
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
