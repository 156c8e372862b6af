package localplaid

// APIPaths lists the paths of Plaid's API that are served, so that the contract test can prove it drove them all.
func (s *Server) APIPaths() []string {
	var paths []string
	for _, route := range s.apiRoutes() {
		paths = append(paths, route.path)
	}
	return paths
}

// State is what a data file would hold if it were written now.
func (s *Server) State() ([]byte, error) { return s.state() }

// Remember makes room for so many deliveries and logged requests only.
func (s *Server) Remember(most int) { s.deliveries.room, s.requests.room = most, most }

// LookAgain makes the delivery loop read the clock anew, after a test has moved it.
func (s *Server) LookAgain() { s.deliveries.nudge() }
