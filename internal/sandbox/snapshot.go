package sandbox

import (
	"time"
)

// dataVersion is raised when an older relink could no longer read what is written.
const dataVersion = 3

// keepLinkTokens is how long a link token that has expired can still be asked about after a restart: Plaid keeps a
// session's data for six hours (plaid.com/docs/api/link, /link/token/get).
const keepLinkTokens = 6 * time.Hour

// snapshot is all that a data file holds. It shares slices with the live state, which only ever appends to them.
type snapshot struct {
	Version      int                         `json:"version"`
	WebhookKeys  []savedKey                  `json:"webhook_keys"`           // the current one last
	Institutions map[string]savedInstitution `json:"institutions,omitempty"` // those whose logins were changed
	Items        map[string]savedItem        `json:"items"`                  // by item_id
	PublicTokens map[string]savedPublicToken `json:"public_tokens"`
	LinkTokens   map[string]savedLinkToken   `json:"link_tokens"`
	Deliveries   []savedDelivery             `json:"deliveries"` // oldest first
	SignRetries  retrySigning                `json:"sign_retries,omitempty"`
	ClockAhead   time.Duration               `json:"clock_ahead_ns,omitempty"`
}

type savedKey struct {
	Kid       string `json:"kid"`
	Private   []byte `json:"private"` // the P-256 scalar, 32 bytes
	CreatedAt int64  `json:"created_at"`
	ExpiredAt *int64 `json:"expired_at,omitempty"`
}

type savedInstitution struct {
	Logins string    `json:"logins"`
	Since  time.Time `json:"since"`
}

type savedItem struct {
	AccessToken     string      `json:"access_token"`
	InstitutionID   string      `json:"institution_id"`
	Username        string      `json:"username"`
	Products        []string    `json:"products"`
	Accounts        []account   `json:"accounts"`
	AtBank          []account   `json:"at_bank,omitempty"` // where they are not those shared
	WebhookURL      string      `json:"webhook,omitempty"`
	CreatedAt       time.Time   `json:"created_at"`
	ConsentEnds     time.Time   `json:"consent_expiration_time,omitzero"`
	Failure         *savedError `json:"error,omitempty"`
	LastSuccess     time.Time   `json:"last_success,omitzero"`
	LastFailure     time.Time   `json:"last_failure,omitzero"`
	LastWebhookCode string      `json:"last_webhook_code,omitempty"`
	LastWebhookAt   time.Time   `json:"last_webhook_at,omitzero"`
	Removed         bool        `json:"removed,omitempty"`
	UpdateType      string      `json:"update_type,omitempty"`
}

type savedError struct {
	Kind    string `json:"error_type"`
	Code    string `json:"error_code"`
	Reason  string `json:"error_code_reason,omitempty"`
	Message string `json:"error_message"`
	Display string `json:"display_message,omitempty"`
	Status  int    `json:"status,omitempty"`
}

type savedPublicToken struct {
	ItemID  string    `json:"item_id"`
	Expires time.Time `json:"expires"`
	Used    bool      `json:"used,omitempty"`
}

type savedLinkToken struct {
	CreatedAt        time.Time      `json:"created_at"`
	Expires          time.Time      `json:"expires"`
	ClientName       string         `json:"client_name"`
	Language         string         `json:"language"`
	Countries        []string       `json:"country_codes"`
	Products         []string       `json:"products,omitempty"`
	RedirectURI      string         `json:"redirect_uri,omitempty"`
	WebhookURL       string         `json:"webhook,omitempty"`
	InstitutionID    string         `json:"institution_id,omitempty"`
	ItemID           string         `json:"item_id,omitempty"` // update mode
	AccountSelection bool           `json:"account_selection,omitempty"`
	Hosted           *savedHosted   `json:"hosted_link,omitempty"`
	Sessions         []savedSession `json:"sessions,omitempty"`
}

type savedHosted struct {
	ID            string `json:"id"`
	CompletionURI string `json:"completion_redirect_uri,omitempty"`
}

// savedSession leaves out the password: the bank then refuses the one-time code and asks for the credentials again.
type savedSession struct {
	ID            string      `json:"id"`
	StartedAt     time.Time   `json:"started_at"`
	FinishedAt    time.Time   `json:"finished_at,omitzero"`
	At            view        `json:"at"`
	InstitutionID string      `json:"institution_id,omitempty"`
	Username      string      `json:"username,omitempty"`
	Failure       *savedError `json:"failure,omitempty"`
	ItemID        string      `json:"item_id,omitempty"`
	PublicToken   string      `json:"public_token,omitempty"`
	Exit          *savedExit  `json:"exit,omitempty"`
	Events        []linkEvent `json:"events"`
	RequestID     string      `json:"request_id"`

	Hosted  bool         `json:"hosted,omitempty"`
	Device  string       `json:"device,omitempty"`
	Offered []account    `json:"offered,omitempty"` // of a new Item that is not there yet
	Note    note         `json:"note,omitempty"`
	Untold  int          `json:"untold,omitempty"` // the page does not have the last so many events
	Visits  []savedVisit `json:"visits,omitempty"` // to OAuth banks, oldest first
}

type savedVisit struct {
	ID       string      `json:"id"`
	Way      visitWay    `json:"way,omitempty"`
	OpenedAt time.Time   `json:"opened_at,omitzero"`
	Answer   *bankAnswer `json:"answer,omitempty"`
	Over     bool        `json:"over,omitempty"`
}

type savedExit struct {
	Failure *savedError `json:"failure,omitempty"`
	Status  string      `json:"status"`
}

// savedDelivery is a webhook that has not been received and has attempts left.
type savedDelivery struct {
	ID       string    `json:"id"`
	ItemID   string    `json:"item_id"`
	URL      string    `json:"url"`
	Kind     string    `json:"webhook_type"`
	Code     string    `json:"webhook_code"`
	Body     string    `json:"body"`            // to the byte: its hash covers the white space
	Token    string    `json:"token,omitempty"` // of the last attempt
	Attempts []attempt `json:"attempts,omitempty"`
	Due      time.Time `json:"due,omitzero"` // zero: an attempt was under way

	SignRetries retrySigning `json:"sign_retries,omitempty"`
}

func (s *Server) snapshot() snapshot {
	v := snapshot{Version: dataVersion, WebhookKeys: s.keys.save(), ClockAhead: s.clock.lead()}
	s.deliveries.save(&v)
	s.registry.save(&v)
	return v
}

func (k *keyring) save() []savedKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := make([]savedKey, 0, len(k.keys))
	for _, key := range k.keys {
		keys = append(keys, savedKey{Kid: key.public.Kid, Private: key.scalar, CreatedAt: key.public.CreatedAt, ExpiredAt: key.public.ExpiredAt})
	}
	return keys
}

func (g *registry) save(v *snapshot) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v.Institutions = map[string]savedInstitution{}
	for id, in := range g.institutions {
		if !in.since.IsZero() {
			v.Institutions[id] = savedInstitution{Logins: in.logins, Since: in.since}
		}
	}
	v.Items = make(map[string]savedItem, len(g.items))
	for id, it := range g.items {
		saved := savedItem{
			AccessToken: it.accessToken, InstitutionID: it.institution.id, Username: it.username, Products: it.products, Accounts: it.accounts,
			WebhookURL: it.webhookURL, CreatedAt: it.createdAt, ConsentEnds: it.consentEnds, Failure: it.failure.save(),
			LastSuccess: it.lastSuccess, LastFailure: it.lastFailure, LastWebhookCode: it.lastWebhookCode, LastWebhookAt: it.lastWebhookAt,
			Removed: it.removed, UpdateType: it.updateType,
		}
		if len(it.atBank) != len(it.accounts) {
			saved.AtBank = it.atBank
		}
		v.Items[id] = saved
	}
	now := g.now()
	v.PublicTokens = map[string]savedPublicToken{}
	for token, pt := range g.publicTokens {
		if now.Before(pt.expires) {
			v.PublicTokens[token] = savedPublicToken{ItemID: pt.item.id, Expires: pt.expires, Used: pt.used}
		}
	}
	v.LinkTokens = map[string]savedLinkToken{}
	for token, t := range g.linkTokens {
		if now.Before(t.expires.Add(keepLinkTokens)) {
			v.LinkTokens[token] = t.save()
		}
	}
}

func (t *linkToken) save() savedLinkToken {
	v := savedLinkToken{
		CreatedAt: t.createdAt, Expires: t.expires, ClientName: t.clientName, Language: t.language, Countries: t.countries, Products: t.products,
		RedirectURI: t.redirectURI, WebhookURL: t.webhookURL, InstitutionID: t.institutionID, ItemID: t.item.idOrNone(), AccountSelection: t.accountSelection,
	}
	if t.hosted != nil {
		v.Hosted = &savedHosted{ID: t.hosted.id, CompletionURI: t.hosted.completionURI}
	}
	for _, s := range t.sessions {
		v.Sessions = append(v.Sessions, s.save())
	}
	return v
}

func (it *item) idOrNone() string {
	if it == nil {
		return ""
	}
	return it.id
}

func (e *apiError) save() *savedError {
	if e == nil {
		return nil
	}
	return &savedError{Kind: e.kind, Code: e.code, Reason: e.reason, Message: e.message, Display: e.display, Status: e.status}
}

func (d *deliveries) save(v *snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v.SignRetries = d.signRetries
	v.Deliveries = []savedDelivery{}
	for _, x := range d.all {
		if x.pending() {
			v.Deliveries = append(v.Deliveries, savedDelivery{
				ID: x.id, ItemID: x.hook.itemID, URL: x.hook.url, Kind: x.hook.kind, Code: x.hook.code, Body: string(x.hook.body),
				Token: x.token, Attempts: x.attempts, Due: x.due, SignRetries: x.resign,
			})
		}
	}
}
