package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"relink/api/web"
)

// CheckRoutes is checkRoutes.
var CheckRoutes = checkRoutes

// StopSourcesClock stops the clock of Sources, so that no failure is forgotten.
func (s *Server) StopSourcesClock() {
	now := time.Now()
	s.sources.Now = func() time.Time { return now }
}

// ServeOne serves a route that is not in the table.
func (s *Server) ServeOne(r web.Route) http.Handler {
	if r.Errors == nil {
		r.Errors = web.Problem
	}
	mux := http.NewServeMux()
	mux.HandleFunc(r.Pattern, s.serve(r))
	return mux
}

// ServeEach serves the table of routes after change has changed each of its lines.
func (s *Server) ServeEach(change func(*web.Route)) http.Handler {
	table := s.table()
	for i := range table {
		change(&table[i])
	}
	return s.handlerOf(table)
}

// HandlerOf returns the handler of a line of the table.
func (s *Server) HandlerOf(pattern string) web.Handler {
	table := s.table()
	return table[slices.IndexFunc(table, func(r web.Route) bool { return r.Pattern == pattern })].Handle
}

// Sweep runs one round of the maintenance.
func (s *Server) Sweep(ctx context.Context) error { return s.sweep(ctx) }
