package sandbox

import "slices"

type sandboxPublicTokenCreateRequest struct {
	InstitutionID   string   `json:"institution_id"`
	InitialProducts []string `json:"initial_products"`
	Options         struct {
		Webhook          string  `json:"webhook"`
		OverrideUsername *string `json:"override_username"`
		OverridePassword *string `json:"override_password"`
	} `json:"options"`
}

type sandboxPublicTokenCreateAnswer struct {
	PublicToken string `json:"public_token"`
	RequestID   string `json:"request_id"`
}

func (s *Server) sandboxPublicTokenCreate(c *call, req sandboxPublicTokenCreateRequest) (any, error) {
	in, err := s.registry.institutionNow(req.InstitutionID)
	if err != nil {
		return nil, err
	}
	if len(req.InitialProducts) == 0 {
		return nil, invalidField("initial_products must be a non-empty array")
	}
	for _, p := range req.InitialProducts {
		if !slices.Contains(institutionProducts(), p) {
			return nil, &apiError{kind: "INVALID_INPUT", code: "INVALID_PRODUCT", message: "client is not authorized to access the following products: [\"" + p + "\"]"}
		}
	}
	username, password := userGood, "pass_good"
	if req.Options.OverrideUsername != nil {
		username = *req.Options.OverrideUsername
	}
	if req.Options.OverridePassword != nil {
		password = *req.Options.OverridePassword
	}
	if _, failure := in.login(username, password, oneTimeCode); failure != nil {
		return nil, failure
	}
	token, itemID := s.registry.createItem(in.id, username, req.InitialProducts, req.Options.Webhook)
	c.itemID = itemID
	return sandboxPublicTokenCreateAnswer{PublicToken: token, RequestID: c.requestID}, nil
}

type sandboxItemResetLoginAnswer struct {
	ResetLogin bool   `json:"reset_login"`
	RequestID  string `json:"request_id"`
}

// sandboxItemResetLogin breaks the Item as a changed password does, webhook included.
func (s *Server) sandboxItemResetLogin(c *call, req accessTokenRequest) (any, error) {
	var hook *webhook
	err := s.registry.withToken(req.AccessToken, func(it *item) (err error) {
		c.itemID = it.id
		hook, err = s.registry.breakItem(it, plaidError(codeItemLoginRequired), true)
		return err
	})
	if err != nil {
		return nil, err
	}
	if hook != nil {
		s.deliveries.enqueue(*hook)
	}
	return sandboxItemResetLoginAnswer{ResetLogin: true, RequestID: c.requestID}, nil
}
