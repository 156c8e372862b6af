package api

import (
	"net/http"

	"relink/internal/httpserver"
)

// Admin returns what the operators' network may ask. The api is ready when Postgres answers, since it must take
// webhooks while Temporal is away; how Temporal is stands in the body.
func (s *Server) Admin() http.Handler {
	return httpserver.Health(s.Telemetry,
		map[string]httpserver.Check{"postgres": s.Store.Ping}, map[string]httpserver.Check{"temporal": s.Workflows.Healthy})
}
