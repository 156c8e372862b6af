package api

import (
	"context"
	"net/http"
	"time"

	"relink/api/web"
	"relink/internal/telemetry"
)

// Admin answers what the operators' network may ask. The api is ready when Postgres answers, since it must take webhooks
// while Temporal is away; how Temporal is stands in the body.
func (s *Server) Admin() http.Handler {
	return Health(s.Watch, map[string]Check{"postgres": s.Store.Ping}, map[string]Check{"temporal": s.Lives.Healthy})
}

// Check asks one dependency for a sign of life.
type Check func(ctx context.Context) error

// Health answers /healthz (the process lives), /readyz (200 when every needed check passes, 503 otherwise; the others are
// only told) and /metrics, where all of them stand as well.
func Health(watch *telemetry.Watch, needed, told map[string]Check) http.Handler {
	for _, checks := range []map[string]Check{needed, told} {
		for name, check := range checks {
			watch.Part(name, check)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", watch.MetricsHandler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_ = web.WriteJSON(w, http.StatusOK, map[string]string{"status": "live"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		status, answer := http.StatusOK, map[string]string{}
		for name, check := range needed {
			answer[name] = word(check(ctx))
			if answer[name] != "ok" {
				status = http.StatusServiceUnavailable
			}
		}
		for name, check := range told {
			answer[name] = word(check(ctx))
		}
		_ = web.WriteJSON(w, status, answer)
	})
	return mux
}

func word(err error) string {
	if err != nil {
		return "away"
	}
	return "ok"
}
