package api

import (
	"net/http"

	"relink/internal/httpserver"
)

// Admin returns the handler for the operators' network: metrics and health. The api is ready when Postgres responds,
// because it must take webhooks while Temporal is away. The body of the response shows Temporal's state as well.
func (s *Server) Admin() http.Handler {
	return httpserver.Health(s.Telemetry,
		map[string]httpserver.Check{"postgres": s.Store.Ping}, map[string]httpserver.Check{"temporal": s.Workflows.Healthy})
}
