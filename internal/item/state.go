package item

import "errors"

// ID is Plaid's item_id: one login at one institution. It is not a secret.
type ID string

// State is the state of an Item. The set is closed and stored; docs/architecture.md shows what leads from one to
// another.
type State string

const (
	// Connected means Plaid reports no error: data flows.
	Connected State = "connected"
	// Expiring means data flows and will stop at a known time: consent runs out, or the bank moves to another login.
	Expiring State = "expiring"
	// LoginRequired means data has stopped and update-mode Link can repair it.
	LoginRequired State = "login_required"
	// Revoked means the merchant withdrew consent, or nobody can repair the Item. It gets one try at update mode, one
	// mail and no ladder.
	Revoked State = "revoked"
	// Removed means Plaid no longer knows the Item. It is final.
	Removed State = "removed"
)

// States returns all states.
func States() []State { return []State{Connected, Expiring, LoginRequired, Revoked, Removed} }

// NeedsMerchant reports whether only the merchant can repair the Item, or keep it working.
func (s State) NeedsMerchant() bool { return s == LoginRequired || s == Revoked || s == Expiring }

// Broken reports whether data has stopped and the merchant could make it flow again.
func (s State) Broken() bool { return s == LoginRequired || s == Revoked }

// MailKind returns the kind of mail that the state calls for: "" where no mail may ask the merchant for anything. It is
// the only rule about that.
func (s State) MailKind() MailKind {
	switch {
	case s == Expiring:
		return Expires
	case s.Broken():
		return Reminder
	}
	return ""
}

// Cause is why an Item left Connected, in words that choose the merchant's copy.
type Cause string

const (
	Credentials     Cause = "credentials"           // the bank refuses the saved login
	MFA             Cause = "mfa"                   // the bank wants a one-time code again
	ConsentExpired  Cause = "consent_expired"       // the bank's consent ran out
	ConsentExpiring Cause = "consent_expiring"      // the bank's consent is about to run out
	ConsentRevoked  Cause = "consent_revoked"       // the merchant withdrew consent
	AccountsMissing Cause = "accounts_missing"      // the login works, the accounts are no longer shared
	BankAction      Cause = "bank_action"           // something must first be done at the bank: unlock, reset, set up
	Migration       Cause = "institution_migration" // the bank moves to another kind of login
	NotSupported    Cause = "not_supported"         // Plaid no longer serves the bank, or this kind of login
	Gone            Cause = "gone"                  // Plaid no longer knows the Item
)

// ErrUnknown is returned for an Item that is not enrolled.
var ErrUnknown = errors.New("item is not enrolled")

// ErrTaken is returned for an Item that is enrolled already, for another merchant.
var ErrTaken = errors.New("item is enrolled for another merchant")

// ErrErasing is returned for a merchant whose Items are being removed, to be erased.
var ErrErasing = errors.New("the merchant is being erased")

// ErrBusy is returned while another request works on the same thing.
var ErrBusy = errors.New("another request works on the same thing")

// ErrOtherRequest is returned for a key that was used for another request before.
var ErrOtherRequest = errors.New("the key was used for another request")

// Causes returns all causes.
func Causes() []Cause {
	return []Cause{
		Credentials, MFA, ConsentExpired, ConsentExpiring, ConsentRevoked, AccountsMissing, BankAction, Migration, NotSupported, Gone,
	}
}
