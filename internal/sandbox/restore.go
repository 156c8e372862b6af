package sandbox

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
)

// restore takes a snapshot over into a server that serves nobody yet. Errors name Items and keys, never tokens.
func (s *Server) restore(v *snapshot) error {
	s.clock.restore(v.ClockAhead)
	if err := s.keys.restore(v.WebhookKeys); err != nil {
		return err
	}
	if err := s.registry.restore(v); err != nil {
		return err
	}
	s.deliveries.restore(v)
	return nil
}

func (k *keyring) restore(saved []savedKey) error {
	if len(saved) == 0 {
		return errors.New("damaged: it has no webhook key")
	}
	var keys []signingKey
	for _, v := range saved {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), v.Private)
		if err != nil {
			return fmt.Errorf("damaged: webhook key %s: %w", v.Kid, err)
		}
		key, err := newSigningKey(private, v.Kid, v.CreatedAt)
		if err != nil {
			return fmt.Errorf("damaged: webhook key %s: %w", v.Kid, err)
		}
		key.public.ExpiredAt = v.ExpiredAt
		keys = append(keys, key)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = keys
	return nil
}

func (g *registry) restore(v *snapshot) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, saved := range v.Institutions {
		in, err := g.institution(id)
		if err != nil || !knownHealth(saved.Logins) {
			return fmt.Errorf("damaged: institution %q with logins %q", id, saved.Logins)
		}
		in.logins, in.since = saved.Logins, saved.Since
	}
	for id, saved := range v.Items {
		it, err := g.restoreItem(id, saved)
		if err != nil {
			return fmt.Errorf("damaged: Item %s: %w", id, err)
		}
		g.add(it)
	}
	for token, saved := range v.PublicTokens {
		it, err := g.savedItem(saved.ItemID)
		if err != nil {
			return fmt.Errorf("damaged: a public token: %w", err)
		}
		g.publicTokens[token] = &publicToken{item: it, expires: saved.Expires, used: saved.Used}
	}
	for token, saved := range v.LinkTokens {
		t, err := g.restoreLinkToken(token, saved)
		if err != nil {
			return fmt.Errorf("damaged: a link token of %s: %w", saved.CreatedAt, err)
		}
		g.linkTokens[token] = t
	}
	return nil
}

// restoreItem needs the lock.
func (g *registry) restoreItem(id string, v savedItem) (*item, error) {
	in, err := g.institution(v.InstitutionID)
	if err != nil {
		return nil, fmt.Errorf("institution %q: %w", v.InstitutionID, err)
	}
	if v.AccessToken == "" || len(v.Accounts) == 0 {
		return nil, errors.New("it has no access token or no accounts")
	}
	atBank := v.AtBank
	if atBank == nil {
		atBank = v.Accounts
	}
	return &item{
		id: id, accessToken: v.AccessToken, institution: in, username: v.Username, products: v.Products, atBank: atBank, accounts: v.Accounts,
		webhookURL: v.WebhookURL, createdAt: v.CreatedAt, consentEnds: v.ConsentEnds, failure: v.Failure.restore(),
		lastSuccess: v.LastSuccess, lastFailure: v.LastFailure, lastWebhookCode: v.LastWebhookCode, lastWebhookAt: v.LastWebhookAt,
		removed: v.Removed, updateType: v.UpdateType,
	}, nil
}

func (v *savedError) restore() *apiError {
	if v == nil {
		return nil
	}
	return &apiError{kind: v.Kind, code: v.Code, reason: v.Reason, message: v.Message, display: v.Display, status: v.Status}
}

// savedItem needs the lock.
func (g *registry) savedItem(id string) (*item, error) {
	it, ok := g.items[id]
	if !ok {
		return nil, fmt.Errorf("%w: %q", errUnknownItem, id)
	}
	return it, nil
}

// restoreLinkToken needs the lock.
func (g *registry) restoreLinkToken(token string, v savedLinkToken) (t *linkToken, err error) {
	t = &linkToken{
		token: token, createdAt: v.CreatedAt, expires: v.Expires, clientName: v.ClientName, language: v.Language, countries: v.Countries,
		products: v.Products, redirectURI: v.RedirectURI, webhookURL: v.WebhookURL, institutionID: v.InstitutionID, accountSelection: v.AccountSelection,
	}
	if v.ItemID != "" {
		if t.item, err = g.savedItem(v.ItemID); err != nil {
			return nil, err
		}
	}
	if v.Hosted != nil {
		t.hosted = &hostedLink{id: v.Hosted.ID, completionURI: v.Hosted.CompletionURI}
		g.hostedLinks[t.hosted.id] = t
	}
	for _, saved := range v.Sessions {
		s, err := g.restoreSession(t, saved)
		if err != nil {
			return nil, fmt.Errorf("session %s: %w", saved.ID, err)
		}
		t.sessions = append(t.sessions, s)
		g.sessions[s.id] = s
	}
	return t, nil
}

func (d *deliveries) restore(all *snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.signRetries = cmp.Or(all.SignRetries, retrySignedAnew)
	for _, v := range all.Deliveries {
		x := &delivery{
			id: v.ID, hook: webhook{itemID: v.ItemID, url: v.URL, kind: v.Kind, code: v.Code, body: []byte(v.Body)}, how: signGood,
			token: v.Token, attempts: v.Attempts, retried: true, resign: v.SignRetries, due: v.Due,
		}
		if x.due.IsZero() {
			x.due = d.clock.now() // how the attempt ended nobody knows: better twice than never
		}
		d.all = append(d.all, x)
	}
}
