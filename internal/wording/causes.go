package wording

import "relink/internal/item"

// Explanation says what happened to a connection, and what its owner does about it. Its texts may hold {bank}. Happened
// of a connection that is going to end also holds {ends}: a day, as in "on Sunday, November 29", or "soon".
type Explanation struct {
	Happened // a mail's sentence
	Todo     // a mail's sentence
	Headline // the page's heading, without a full stop
	Meaning  // the page's sentence
	Do       // the page's sentence
}

// The words of Explanation, beside Todo.
type (
	Happened string
	Headline string
	Meaning  string
	Do       string
)

// Causes explains each item.Cause.
type Causes struct {
	Broken
	Ending
}

// Broken explains connections that have stopped.
type Broken struct {
	Credentials
	MFA
	ConsentExpired
	ConsentRevoked
	AccountsMissing
	BankAction
	ConsentExpiring
	Migration
	NotSupported
	Gone
	AnyCause // for a cause that we do not know yet
}

// Ending explains connections that still work and are going to end.
type Ending struct {
	ConsentExpiring
	Migration
	AnyCause // for a cause that seldom announces itself
}

// The explanations bear the names of the causes in internal/item.
type (
	Credentials     Explanation
	MFA             Explanation
	ConsentExpired  Explanation
	ConsentRevoked  Explanation
	AccountsMissing Explanation
	BankAction      Explanation
	ConsentExpiring Explanation
	Migration       Explanation
	NotSupported    Explanation
	Gone            Explanation
	AnyCause        Explanation
)

// Broken returns what a merchant reads about a connection that has stopped.
func (l *Language) Broken(c item.Cause) Explanation {
	words := &l.Causes.Broken
	switch c {
	case item.Credentials:
		return Explanation(words.Credentials)
	case item.MFA:
		return Explanation(words.MFA)
	case item.ConsentExpired:
		return Explanation(words.ConsentExpired)
	case item.ConsentRevoked:
		return Explanation(words.ConsentRevoked)
	case item.AccountsMissing:
		return Explanation(words.AccountsMissing)
	case item.BankAction:
		return Explanation(words.BankAction)
	case item.ConsentExpiring:
		return Explanation(words.ConsentExpiring)
	case item.Migration:
		return Explanation(words.Migration)
	case item.NotSupported:
		return Explanation(words.NotSupported)
	case item.Gone:
		return Explanation(words.Gone)
	}
	return Explanation(words.AnyCause)
}

// Ending returns what a merchant reads about a connection that works and is going to end.
func (l *Language) Ending(c item.Cause) Explanation {
	words := &l.Causes.Ending
	switch c {
	case item.ConsentExpiring:
		return Explanation(words.ConsentExpiring)
	case item.Migration:
		return Explanation(words.Migration)
	default:
		return Explanation(words.AnyCause)
	}
}

// CauseLabel returns a cause as people of the house read it, in English only. It is empty for no cause and for one that
// we do not know yet.
func CauseLabel(c item.Cause) string {
	switch c {
	case item.Credentials:
		return "The bank refuses the saved sign-in"
	case item.MFA:
		return "The bank wants a one-time code again"
	case item.ConsentExpired:
		return "The consent at the bank ran out"
	case item.ConsentExpiring:
		return "The consent at the bank is about to run out"
	case item.ConsentRevoked:
		return "The merchant withdrew consent"
	case item.AccountsMissing:
		return "The accounts are no longer shared"
	case item.BankAction:
		return "Something must first be done at the bank"
	case item.Migration:
		return "The bank moves to another kind of sign-in"
	case item.NotSupported:
		return "The bank, or this kind of sign-in, is no longer supported"
	case item.Gone:
		return "Plaid no longer knows the Item"
	}
	return ""
}
