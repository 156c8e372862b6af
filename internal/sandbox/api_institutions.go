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

type institutionsGetByIDAnswer struct {
	Institution institutionView `json:"institution"`
	RequestID   string          `json:"request_id"`
}

// institutionView is Plaid's Institution object; optional metadata and status only on request.
type institutionView struct {
	InstitutionID  string             `json:"institution_id"`
	Name           string             `json:"name"`
	Products       []string           `json:"products"`
	CountryCodes   []string           `json:"country_codes"`
	RoutingNumbers []string           `json:"routing_numbers"`
	DTCNumbers     []string           `json:"dtc_numbers"`
	OAuth          bool               `json:"oauth"`
	URL            *string            `json:"url,omitempty"`
	PrimaryColor   *string            `json:"primary_color,omitempty"`
	Status         *institutionStatus `json:"status,omitempty"`
}

type institutionStatus struct {
	ItemLogins          productStatus `json:"item_logins"`
	TransactionsUpdates productStatus `json:"transactions_updates"`
	HealthIncidents     []any         `json:"health_incidents"`
}

type productStatus struct {
	Status           string          `json:"status"`
	LastStatusChange time.Time       `json:"last_status_change"`
	Breakdown        statusBreakdown `json:"breakdown"`
}

// statusBreakdown holds shares of 1; refresh_interval belongs to updates only.
type statusBreakdown struct {
	Success          float64 `json:"success"`
	ErrorPlaid       float64 `json:"error_plaid"`
	ErrorInstitution float64 `json:"error_institution"`
	RefreshInterval  string  `json:"refresh_interval,omitempty"`
}

// institutionsGetByID also answers include_status, which Plaid's own Sandbox does not have.
func (s *Server) institutionsGetByID(c *call, req institutionsGetByIDRequest) (any, error) {
	in, err := s.registry.institutionNow(req.InstitutionID)
	if err != nil {
		return nil, err
	}
	if !in.servesAny(req.CountryCodes) {
		return nil, plaidError("INVALID_INSTITUTION").because("", "institution_id is not supported in the given country_codes")
	}
	v := institutionView{
		InstitutionID: in.id, Name: in.name, Products: institutionProducts(), CountryCodes: in.countries,
		RoutingNumbers: []string{}, DTCNumbers: []string{}, OAuth: in.oauth,
	}
	if req.Options.IncludeOptionalMetadata {
		v.URL, v.PrimaryColor = new("https://plaid.com"), new("#1f1f1f")
	}
	if req.Options.IncludeStatus {
		v.Status = in.status(s.now())
	}
	return institutionsGetByIDAnswer{Institution: v, RequestID: c.requestID}, nil
}

// status is that of both products alike. Health that nobody has changed has not changed since this day's start.
func (in institution) status(now time.Time) *institutionStatus {
	since := in.since
	if since.IsZero() {
		since = now.Truncate(24 * time.Hour)
	}
	shares := map[string]statusBreakdown{
		healthy:  {Success: 0.99, ErrorPlaid: 0.005, ErrorInstitution: 0.005},
		degraded: {Success: 0.6, ErrorPlaid: 0.04, ErrorInstitution: 0.36},
		down:     {Success: 0.02, ErrorPlaid: 0.03, ErrorInstitution: 0.95},
	}[in.logins]
	status := productStatus{Status: in.logins, LastStatusChange: since, Breakdown: shares}
	updates := status
	updates.Breakdown.RefreshInterval = map[string]string{healthy: "NORMAL", degraded: "DELAYED", down: "STOPPED"}[in.logins]
	return &institutionStatus{ItemLogins: status, TransactionsUpdates: updates, HealthIncidents: []any{}}
}
