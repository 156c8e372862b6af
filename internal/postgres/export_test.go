package postgres

// Gathered is how many arrivals wait for a statement.
func (s *Store) Gathered() int {
	s.intake.mu.Lock()
	defer s.intake.mu.Unlock()
	return len(s.intake.gathered)
}
