package sandbox

import (
	"slices"
	"time"
)

// submitCredentials logs in at the bank; submitDevice and submitCode answer its question for a one-time code, and
// submitAccounts says what is shared.
func (g *registry) submitCredentials(sessionID, username, password, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewCredentials}, func(s *linkSession) error {
		s.username, s.password, s.device = username, password, ""
		s.record(g.now(), "SUBMIT_CREDENTIALS", eventMetadata{})
		g.logIn(s, "")
		return nil
	})
}

func (g *registry) submitDevice(sessionID, chosen, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewDevice}, func(s *linkSession) error {
		if !slices.ContainsFunc(devices(), func(d device) bool { return d.ID == chosen }) {
			return invalidField("device is none of those offered")
		}
		s.device = chosen
		s.record(g.now(), "SUBMIT_MFA", eventMetadata{MFAType: "device"})
		s.show(viewCode, g.now())
		return nil
	})
}

func (g *registry) submitCode(sessionID, code, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewCode}, func(s *linkSession) error {
		s.record(g.now(), "SUBMIT_MFA", eventMetadata{MFAType: "code"})
		g.logIn(s, code)
		return nil
	})
}

func (g *registry) submitAccounts(sessionID string, chosen []string, requestID string) (pane, error) {
	return g.step(sessionID, requestID, []view{viewAccounts}, func(s *linkSession) error {
		if err := s.checkChoice(chosen); err != nil {
			return err
		}
		if failure := s.blocked(g.now()); failure != nil {
			s.fail(failure, g.now())
			return nil
		}
		g.connect(s, chosen)
		return nil
	})
}

// checkChoice wants at least one of the accounts that were offered.
func (s *linkSession) checkChoice(chosen []string) error {
	if len(chosen) == 0 || len(accountsOf(s.offered, chosen)) != len(chosen) {
		return invalidField("account_ids must be at least one of the accounts offered")
	}
	return nil
}

// logIn asks the bank and, when it says yes, goes on to the accounts. It needs the lock.
func (g *registry) logIn(s *linkSession, code string) {
	needCode, failure := s.ask(code, g.now())
	s.failure = nil
	switch {
	case failure != nil && beyondTheForm(failure):
		s.fail(failure, g.now())
		return
	case failure != nil:
		s.failure = failure
		s.record(g.now(), "ERROR", errorMetadata(failure))
	}
	switch {
	case needCode && s.device == "":
		s.show(viewDevice, g.now())
	case needCode:
		s.show(viewCode, g.now())
	case failure != nil:
		s.show(viewCredentials, g.now())
	case !s.updateMode() || s.token.accountSelection:
		s.offerAccounts()
		s.show(viewAccounts, g.now())
	default:
		g.connect(s, nil)
	}
}

// beyondTheForm says that entering something else helps nothing.
func beyondTheForm(failure *apiError) bool {
	return failure.kind == typeInstitutionError || failure.code == codeInvalidLinkToken || failure.code == codeItemNotFound
}

// ask is everything that can stand against a login, in the order a person meets it.
func (s *linkSession) ask(code string, now time.Time) (needCode bool, failure *apiError) {
	if failure := s.blocked(now); failure != nil {
		return false, failure
	}
	needCode, failure = s.institution.login(s.username, s.password, code)
	if failure == nil && !needCode && s.updateMode() && s.username != s.token.item.username {
		return false, plaidError("INVALID_UPDATED_USERNAME")
	}
	return needCode, failure
}

// blocked is what stands against any login, whoever it is.
func (s *linkSession) blocked(now time.Time) *apiError {
	old := s.token.item
	switch {
	case !now.Before(s.token.expires):
		return plaidError(codeInvalidLinkToken)
	case old != nil && old.removed:
		return plaidError(codeItemNotFound)
	case old != nil && old.failure != nil && old.failure.kind == typeInstitutionError:
		return old.failure // nobody gets in while the bank itself is the trouble
	}
	return s.institution.refusal()
}

// offerAccounts sets out what the login has at the bank.
func (s *linkSession) offerAccounts() {
	switch {
	case s.updateMode():
		s.offered = s.token.item.atBank
	case s.offered == nil:
		s.offered = sandboxAccounts(currencyOf(*s.institution))
	}
}

// ticked are the accounts a pane proposes: in update mode those shared so far, else all.
func (s *linkSession) ticked() []string {
	switch {
	case !s.updateMode():
		return accountIDs(s.offered)
	case s.token.item.sharesNothing():
		return []string{}
	}
	return accountIDs(s.token.item.accounts)
}

// connect creates or repairs the Item; chosen is nil where nobody was asked to choose accounts. It needs the lock.
func (g *registry) connect(s *linkSession, chosen []string) {
	if s.updateMode() {
		s.item = s.token.item
		s.item.relink(chosen, g.now())
	} else {
		s.item = newItem(s.institution, s.username, s.token.products, s.token.webhookURL, s.offered, g.now())
		s.item.share(chosen)
		g.add(s.item)
	}
	s.publicToken = g.mintPublicToken(s.item)
	s.password, s.failure = "", nil
	s.show(viewConnected, g.now())
}
