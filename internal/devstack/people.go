package devstack

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"relink/internal/devstack/issuer"
	"relink/internal/signin"
)

const (
	webClient       = "relink-web"
	developerSecret = "development" // of clients at an issuer that asks people for no password
	tokenLife       = 30 * 24 * time.Hour
)

// tokenRoles have a bearer token in the environment: RELINK_TOKEN_PLATFORM and so on.
var tokenRoles = []signin.Role{signin.Platform, signin.Ops, signin.Underwriter, signin.Support}

// people may sign in at the development issuer.
func people() []issuer.Person {
	var all []issuer.Person
	for _, p := range []struct {
		name  string
		role  signin.Role
		about string
	}{
		{"Olga", signin.Ops, "Operations: all Items, and acting on them"},
		{"Uma", signin.Underwriter, "Underwriter: all Items and their timelines"},
		{"Sam", signin.Support, "Support: all Items and their timelines"},
		{"Pia", signin.Platform, "The platform: enrols Items"},
		{"Mona", signin.Merchant, "A merchant: her own Items only"},
	} {
		all = append(all, issuer.Person{
			Subject: strings.ToLower(p.name), Name: p.name, About: p.about,
			Claims: map[string]any{signin.RolesClaim: []signin.Role{p.role}},
		})
	}
	return all
}

// issuer makes the development issuer, and has it issue a bearer token per role.
func (s *Stack) issuer(url string) (*issuer.Issuer, error) {
	clients := []issuer.Client{{ID: webClient, Secret: developerSecret, RedirectURIs: []string{s.World.API + signin.CallbackPath}}}
	for _, role := range tokenRoles {
		clients = append(clients, issuer.Client{ID: string(role), Secret: developerSecret, Scopes: signin.ScopesOf([]signin.Role{role})})
	}
	iss, err := issuer.New(issuer.Options{
		Issuer: url, Audience: audience, Clients: clients, People: people(), KeyFile: filepath.Join(s.opts.Dir, "issuer.key"),
	})
	if err != nil {
		return nil, fmt.Errorf("make issuer: %w", err)
	}
	for _, role := range tokenRoles {
		token, err := iss.Issue(string(role), nil, tokenLife)
		if err != nil {
			return nil, fmt.Errorf("make tokens: %w", err)
		}
		s.Env["RELINK_TOKEN_"+strings.ToUpper(string(role))] = token
	}
	s.World.Bearer = s.Env["RELINK_TOKEN_PLATFORM"]
	s.Env["OIDC_ISSUER"], s.Env["API_AUDIENCE"] = url, audience
	s.Env["OIDC_CLIENT_ID"], s.Env["OIDC_CLIENT_SECRET"] = webClient, developerSecret
	return iss, nil
}
