package sandbox

import (
	"fmt"
	"slices"
)

// save leaves out the password, and the accounts on offer where the Item has them.
func (s *linkSession) save() savedSession {
	v := savedSession{
		ID: s.id, StartedAt: s.startedAt, FinishedAt: s.finishedAt, At: s.at, Username: s.username, Failure: s.failure.save(),
		ItemID: s.item.idOrNone(), PublicToken: s.publicToken, Events: s.events, RequestID: s.requestID,
		Hosted: s.hosted, Device: s.device, Note: s.note, Untold: len(s.events) - s.told,
	}
	if !s.updateMode() && s.item == nil {
		v.Offered = s.offered
	}
	if s.institution != nil {
		v.InstitutionID = s.institution.id
	}
	if s.exited != nil {
		v.Exit = &savedExit{Failure: s.exited.failure.save(), Status: s.exited.status}
	}
	for _, x := range s.visits {
		v.Visits = append(v.Visits, savedVisit{ID: x.id, Way: x.way, OpenedAt: x.openedAt, Answer: x.answer, Over: x.over})
	}
	return v
}

// restoreSession needs the lock.
func (g *registry) restoreSession(t *linkToken, v savedSession) (s *linkSession, err error) {
	s = &linkSession{
		id: v.ID, token: t, startedAt: v.StartedAt, finishedAt: v.FinishedAt, at: v.At, username: v.Username, failure: v.Failure.restore(),
		publicToken: v.PublicToken, events: v.Events, told: max(0, len(v.Events)-v.Untold), requestID: v.RequestID,
		hosted: v.Hosted && t.hosted != nil, device: v.Device, offered: v.Offered, note: v.Note,
	}
	if v.Exit != nil {
		s.exited = &exitRecord{failure: v.Exit.Failure.restore(), status: v.Exit.Status}
	}
	if v.ItemID != "" {
		if s.item, err = g.savedItem(v.ItemID); err != nil {
			return nil, err
		}
	}
	if v.InstitutionID != "" {
		in, err := g.institution(v.InstitutionID)
		if err != nil {
			return nil, fmt.Errorf("institution %q: %w", v.InstitutionID, err)
		}
		s.institution = in
	}
	if s.updateMode() {
		s.offered = t.item.atBank
	}
	for _, x := range v.Visits {
		visit := &bankVisit{id: x.ID, session: s, way: x.Way, openedAt: x.OpenedAt, answer: x.Answer, over: x.Over}
		s.visits = append(s.visits, visit)
		g.visits[visit.id] = visit
	}
	return s, s.whole()
}

// whole wants all that the steps after a restored one rely on.
func (s *linkSession) whole() error {
	at := func(views ...view) bool { return slices.Contains(views, s.at) }
	switch {
	case at(viewCredentials, viewDevice, viewCode, viewOAuth, viewAtBank, viewAccounts, viewTrouble) && s.institution == nil:
		return fmt.Errorf("it is at %s without an institution", s.at)
	case (at(viewConnected) || at(viewOver) && s.exited == nil) && s.item == nil:
		return fmt.Errorf("it is at %s without an Item", s.at)
	case at(viewOAuth, viewAtBank) && len(s.visits) == 0:
		return fmt.Errorf("it is at %s without a visit", s.at)
	case at(viewOAuth, viewAtBank, viewAccounts) && len(s.offered) == 0:
		return fmt.Errorf("it is at %s without accounts", s.at)
	case at(viewTrouble) && s.failure == nil:
		return fmt.Errorf("it is at %s without an error", s.at)
	}
	return nil
}
