package api

import (
	"context"
	"net/http"
	"time"
)

// CheckRoutes is for tests.
var CheckRoutes = checkRoutes

// FailuresAtOnce is how often a source may fail before it is limited.
const FailuresAtOnce = failuresAtOnce

// ForgetNoFailure stops the clock that failures are forgotten by.
func (s *Server) ForgetNoFailure() {
	now := time.Now()
	s.sources.now = func() time.Time { return now }
}

// ServeOne serves a route that does not stand in the table.
func (s *Server) ServeOne(r Route, h func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(r.Pattern, s.serve(route{r, problem, h}))
	return mux
}

// HandlersWithoutAdmittance are handlers that need what admit finds out.
func (s *Server) HandlersWithoutAdmittance() []func(w http.ResponseWriter, r *http.Request) error {
	return []func(w http.ResponseWriter, r *http.Request) error{
		s.receiveWebhook, s.showRelink, s.mintLinkToken, s.completeLink, s.exitLink, s.keepEvent, s.resumeLink, s.showOverview, s.showItemPage,
	}
}

// Tidy is one round of what the api does beside answering.
func (s *Server) Tidy(ctx context.Context) error { return s.tidy(ctx) }
