package sandbox

import "time"

type linkTokenCreateRequest struct {
	ClientName   string   `json:"client_name"`
	Language     string   `json:"language"`
	CountryCodes []string `json:"country_codes"`
	User         struct {
		ClientUserID string `json:"client_user_id"`
	} `json:"user"`
	Products      []string `json:"products"`
	Webhook       string   `json:"webhook"`
	AccessToken   string   `json:"access_token"`
	RedirectURI   string   `json:"redirect_uri"`
	InstitutionID string   `json:"institution_id"`
	Update        struct {
		AccountSelectionEnabled bool     `json:"account_selection_enabled"`
		User                    bool     `json:"user"`
		ItemIDs                 []string `json:"item_ids"`
	} `json:"update"`
	HostedLink *hostedLinkRequest `json:"hosted_link"`
}

type linkTokenCreateAnswer struct {
	LinkToken     string    `json:"link_token"`
	Expiration    time.Time `json:"expiration"`
	HostedLinkURL string    `json:"hosted_link_url,omitempty"` // only where hosted_link was asked for
	RequestID     string    `json:"request_id"`
}

func (s *Server) linkTokenCreate(c *call, req linkTokenCreateRequest) (any, error) {
	t, err := s.registry.createLinkToken(req)
	if err != nil {
		return nil, err
	}
	if t.item != nil {
		c.itemID = t.item.id
	}
	answer := linkTokenCreateAnswer{LinkToken: t.token, Expiration: t.expires, RequestID: c.requestID}
	if t.hosted != nil {
		answer.HostedLinkURL = s.baseURL(c.request) + t.hosted.path()
	}
	return answer, nil
}

type linkTokenGetRequest struct {
	LinkToken string `json:"link_token"`
}

func (s *Server) linkTokenGet(c *call, req linkTokenGetRequest) (any, error) {
	v, itemID, err := s.registry.describeLinkToken(req.LinkToken, c.requestID)
	c.itemID = itemID
	return v, err
}
