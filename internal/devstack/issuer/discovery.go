package issuer

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// The paths are Auth0's, below the issuer's URL.
const (
	discoveryPath = "/.well-known/openid-configuration"
	keysPath      = "/.well-known/jwks.json"
	authorizePath = "/authorize"
	tokenPath     = "/oauth/token"
)

// discovery names only what there is (OpenID Connect Discovery 1.0, RFC 8414).
func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	scopes := []string{"openid", "profile"}
	for _, client := range i.opts.Clients {
		scopes = append(scopes, client.Scopes...)
	}
	slices.Sort(scopes)
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                i.opts.Issuer,
		"jwks_uri":                              i.base + keysPath,
		"authorization_endpoint":                i.base + authorizePath,
		"token_endpoint":                        i.base + tokenPath,
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"grant_types_supported":                 []string{authorizationCode, clientCredentials},
		"response_types_supported":              []string{"code"},
		"code_challenge_methods_supported":      []string{"S256"},
		"scopes_supported":                      slices.Compact(scopes),
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone
}
