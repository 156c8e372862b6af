package postgres

// Queued returns how many entries wait for a statement.
func (s *Store) Queued() int {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	return len(s.group.queued)
}
