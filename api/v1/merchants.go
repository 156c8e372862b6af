package v1

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

type merchantReader interface {
	Merchant(ctx context.Context, merchantID string) (enrolment.Merchant, []mailing.Connection, error)
}

type merchantStore interface {
	merchantReader
	AskErase(ctx context.Context, merchantID, by string, at time.Time) (erased bool, err error)
	ChangeMerchant(ctx context.Context, merchantID, by string, at time.Time,
		change func(*enrolment.Merchant) ([]string, error)) (enrolment.Merchant, error)
	Erase(ctx context.Context, merchantID string, again time.Duration, at time.Time) (erased bool, err error)
}

// merchantRoutes handle merchants.
type merchantRoutes struct {
	store  merchantStore
	nudge  func()
	bodies *bodies
}

// RemovalRetry is how long a removal for an erasure may take before it is ordered again.
const RemovalRetry = time.Hour

// merchantView is a merchant as the platform sends and receives it.
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

// merchantGiven is the merchant of a request: all its details, or the id of a known one.
type merchantGiven struct {
	MerchantID string        `json:"merchant_id"`
	Merchant   *merchantView `json:"merchant"`
}

// check adds the mistakes in the merchant to wrong.
func (g merchantGiven) check(wrong *web.Findings) {
	switch {
	case g.Merchant != nil && g.MerchantID != "":
		wrong.Field("/merchant_id", "is sent together with merchant: send one or the other")
	case g.Merchant == nil && g.MerchantID == "":
		wrong.Field("/merchant", "is missing, or merchant_id")
	}
	if g.Merchant != nil {
		addProblems(wrong, "/merchant/", enrolment.CheckMerchant(enrolment.WithDefaults(enrolment.Merchant(*g.Merchant))))
	}
}

// find returns the merchant of a checked request. known reports whether the merchant is stored already; it is then not
// changed.
func (g merchantGiven) find(ctx context.Context, store merchantReader) (m enrolment.Merchant, known bool, err error) {
	if g.Merchant != nil {
		return enrolment.WithDefaults(enrolment.Merchant(*g.Merchant)), false, nil
	}
	m, _, err = store.Merchant(ctx, g.MerchantID)
	return m, true, describeMerchant(err)
}

// describeMerchant returns the Error of an unknown merchant, and any other error as it is.
func describeMerchant(err error) error {
	if errors.Is(err, item.ErrUnknown) {
		return web.Refuse(web.NotFound, "no such merchant", err)
	}
	return err
}

// addProblems adds problems of fields to wrong. within is the pointer to the object with these fields and ends in a
// slash.
func addProblems(wrong *web.Findings, within string, problems enrolment.Problems) {
	for _, p := range problems {
		wrong.Field(within+p.Field, "%s", p.Detail)
	}
}

// merchantChange is the body of PATCH /v1/merchants/{id}. A field that is not sent does not change. With a hosted_link
// of null the country decides.
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

// apply changes a merchant and returns the names of the changed fields. It adds the mistakes in the sent fields to
// wrong, and returns an error if wrong has any finding.
func (c merchantChange) apply(m *enrolment.Merchant, wrong *web.Findings) ([]string, error) {
	sent, changed := c.applyTexts(m)
	if c.CountryCodes != nil {
		sent = append(sent, "country_codes")
		if len(*c.CountryCodes) == 0 {
			wrong.Field("/country_codes", "is empty")
		}
		if !slices.Equal(m.CountryCodes, *c.CountryCodes) {
			m.CountryCodes, changed = *c.CountryCodes, append(changed, "country_codes")
		}
	}
	if c.HostedLink != nil {
		sent = append(sent, "hosted_link")
		var hosted *bool
		if err := json.Unmarshal(c.HostedLink, &hosted); err != nil {
			wrong.Field("/hosted_link", "is not true or false or null")
		}
		if (hosted == nil) != (m.HostedLink == nil) || (hosted != nil && *hosted != *m.HostedLink) {
			m.HostedLink, changed = hosted, append(changed, "hosted_link")
		}
	}
	if len(sent) == 0 && !wrong.Any() {
		wrong.Field("", "has no field to change")
	}
	addProblems(wrong, "/", enrolment.CheckMerchant(*m).Within(sent))
	return changed, wrong.Err()
}

// applyTexts applies the text fields.
func (c merchantChange) applyTexts(m *enrolment.Merchant) (sent, changed []string) {
	for _, f := range []struct {
		name      string
		field, to *string
	}{
		{"business_name", &m.BusinessName, c.BusinessName},
		{"contact_name", &m.ContactName, c.ContactName},
		{"email", &m.Email, c.Email},
		{"time_zone", &m.TimeZone, c.TimeZone},
		{"locale", &m.Locale, c.Locale},
		{"partner", &m.Partner, c.Partner},
	} {
		if f.to == nil {
			continue
		}
		sent = append(sent, f.name)
		if *f.field != *f.to {
			*f.field, changed = *f.to, append(changed, f.name)
		}
	}
	return sent, changed
}

// show writes a merchant.
func (m merchantRoutes) show(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", id))
	merchant, _, err := m.store.Merchant(r.Context(), id)
	if err != nil {
		return describeMerchant(err)
	}
	return web.WriteJSON(w, http.StatusOK, merchantView(merchant))
}

// change changes the sent fields of a merchant.
func (m merchantRoutes) change(w http.ResponseWriter, r *http.Request) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	var in merchantChange
	wrong, err := m.bodies.read(r, &in)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", id))
	merchant, err := m.store.ChangeMerchant(r.Context(), id, caller.Subject, time.Now(), func(merchant *enrolment.Merchant) ([]string, error) {
		return in.apply(merchant, wrong)
	})
	if err != nil {
		return describeMerchant(err)
	}
	m.nudge()
	return web.WriteJSON(w, http.StatusOK, merchantView(merchant))
}

// erase orders the erasure of a merchant: its Items are removed at Plaid, then its personal data and tokens are erased.
// It responds 202 while that is in progress, and 204 when it is done.
func (m merchantRoutes) erase(w http.ResponseWriter, r *http.Request) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	telemetry.EventIn(r.Context()).Set(zap.String("merchant_id", id))
	now := time.Now()
	erased, err := m.store.AskErase(r.Context(), id, caller.Subject, now)
	if err != nil {
		return describeMerchant(err)
	}
	if !erased {
		if erased, err = m.store.Erase(r.Context(), id, RemovalRetry, now); err != nil {
			return err
		}
	}
	m.nudge()
	if erased {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return web.WriteJSON(w, http.StatusAccepted, map[string]string{"id": id, "state": "erasing"})
}
