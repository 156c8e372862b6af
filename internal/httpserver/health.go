package httpserver

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Check returns an error when a dependency does not work. It must end with its context.
type Check func(ctx context.Context) error

// metrics serves the page of metrics, and measures the parts of a process for it. telemetry.Telemetry is one.
type metrics interface {
	Part(name string, check func(ctx context.Context) error)
	MetricsHandler() http.Handler
}

// checksWithin bounds the time that all checks of one /readyz have together.
const checksWithin = 3 * time.Second

// Health returns the handler of the operators' network:
//   - /healthz is 200 while the process lives;
//   - /readyz is 200 while every needed check passes, else 503; its body names each check, the informative ones too;
//   - /metrics is the page of m, which measures all checks as well.
func Health(m metrics, needed, informative map[string]Check) http.Handler {
	for _, checks := range []map[string]Check{needed, informative} {
		for name, check := range checks {
			m.Part(name, check)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.MetricsHandler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "live"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), checksWithin)
		defer cancel()
		status, results := http.StatusOK, map[string]string{}
		for name, check := range needed {
			results[name] = result(check(ctx))
			if results[name] != "ok" {
				status = http.StatusServiceUnavailable
			}
		}
		for name, check := range informative {
			results[name] = result(check(ctx))
		}
		writeJSON(w, status, results)
	})
	return mux
}

func result(err error) string {
	if err != nil {
		return "away"
	}
	return "ok"
}

// writeJSON ignores the error of a connection that the caller has closed.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
