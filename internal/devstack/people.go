package devstack

import (
	"path/filepath"
	"strings"
	"time"

	"relink/internal/devstack/issuer"
	"relink/internal/signin"
)

const (
	audience        = "https://relink/api"
	webClient       = "relink-web"
	developerSecret = "development" // it protects nothing: the issuer asks for no password
	tokenLife       = 30 * 24 * time.Hour
)

// tokenRoles get a bearer token in the environment: RELINK_TOKEN_PLATFORM and so on.
var tokenRoles = []signin.Role{signin.Platform, signin.Ops, signin.Underwriter, signin.Support}

// people returns who may sign in at the development issuer.
func people() []issuer.Person {
	person := func(name string, role signin.Role, about string) issuer.Person {
		claims := map[string]any{signin.RolesClaim: []signin.Role{role}}
		return issuer.Person{Subject: strings.ToLower(name), Name: name, About: about, Claims: claims}
	}
	return []issuer.Person{
		person("Olga", signin.Ops, "Operations: all Items, and acting on them"),
		person("Uma", signin.Underwriter, "Underwriter: all Items and their timelines"),
		person("Sam", signin.Support, "Support: all Items and their timelines"),
		person("Pia", signin.Platform, "The platform: enrols Items"),
		person("Mona", signin.Merchant, "A merchant: her own Items only"),
	}
}

// issuer makes the development issuer, and a bearer token for each role.
func (s *Stack) issuer(url string) (*issuer.Issuer, error) {
	clients := []issuer.Client{{ID: webClient, Secret: developerSecret, RedirectURIs: []string{s.Client.API + signin.CallbackPath}}}
	for _, role := range tokenRoles {
		clients = append(clients, issuer.Client{ID: string(role), Secret: developerSecret, Scopes: signin.ScopesOf([]signin.Role{role})})
	}
	iss, err := issuer.New(issuer.Options{
		Issuer: url, Audience: audience, Clients: clients, People: people(), KeyFile: filepath.Join(s.opts.Dir, "issuer.key"),
	})
	if err != nil {
		return nil, err
	}
	for _, role := range tokenRoles {
		if s.Env["RELINK_TOKEN_"+strings.ToUpper(string(role))], err = iss.Issue(string(role), nil, tokenLife); err != nil {
			return nil, err
		}
	}
	s.Client.Bearer = s.Env["RELINK_TOKEN_PLATFORM"]
	s.Env["OIDC_ISSUER"], s.Env["API_AUDIENCE"] = url, audience
	s.Env["OIDC_CLIENT_ID"], s.Env["OIDC_CLIENT_SECRET"] = webClient, developerSecret
	return iss, nil
}
