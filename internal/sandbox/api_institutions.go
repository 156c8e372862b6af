package sandbox

import "time"

type institutionsGetByIDRequest struct {
	InstitutionID string   `json:"institution_id"`
	CountryCodes  []string `json:"country_codes"`
	Options       struct {
		IncludeStatus           bool `json:"include_status"`
		IncludeOptionalMetadata bool `json:"include_optional_metadata"`
	} `json:"options"`
}

// institutionsGetByID also serves include_status, which Plaid's own Sandbox does not have.
func (g *registry) institutionsGetByID(_ *call, req institutionsGetByIDRequest) (reply, error) {
	in, err := g.institution(req.InstitutionID)
	if err != nil {
		return nil, err
	}
	if !in.servesAny(req.CountryCodes) {
		return nil, plaidError("INVALID_INSTITUTION").saying("institution_id is not supported in the given country_codes")
	}
	view := reply{
		"institution_id": in.id, "name": in.name, "products": institutionProducts(), "country_codes": in.countries,
		"routing_numbers": []string{}, "dtc_numbers": []string{}, "oauth": in.oauth,
	}
	if req.Options.IncludeOptionalMetadata {
		view["url"], view["primary_color"] = "https://plaid.com", "#1f1f1f"
	}
	if req.Options.IncludeStatus {
		view["status"] = in.status(g.now())
	}
	return reply{"institution": view}, nil
}

// status is Plaid's status object, the same for both products. Health that nobody has changed counts from the start of
// this day. The shares in a breakdown are of 1.
func (h health) status(now time.Time) reply {
	since := h.Since
	if since.IsZero() {
		since = now.Truncate(24 * time.Hour)
	}
	success, errorPlaid, errorInstitution, interval := 0.99, 0.005, 0.005, "NORMAL"
	switch h.Logins {
	case degraded:
		success, errorPlaid, errorInstitution, interval = 0.6, 0.04, 0.36, "DELAYED"
	case down:
		success, errorPlaid, errorInstitution, interval = 0.02, 0.03, 0.95, "STOPPED"
	}
	product := func() (status, breakdown reply) {
		breakdown = reply{"success": success, "error_plaid": errorPlaid, "error_institution": errorInstitution}
		return reply{"status": h.Logins, "last_status_change": since, "breakdown": breakdown}, breakdown
	}
	logins, _ := product()
	updates, breakdown := product()
	breakdown["refresh_interval"] = interval
	return reply{"item_logins": logins, "transactions_updates": updates, "health_incidents": []any{}}
}
