package sandbox

import (
	"slices"
	"strings"
	"time"
)

// institution is one of the institutions that exist only in Plaid's Sandbox (plaid.com/docs/sandbox/institutions).
type institution struct {
	id, name  string
	countries []string
	oauth     bool
	// logins is what Link and /institutions/get_by_id say about logging in: HEALTHY, DEGRADED or DOWN. /control/bank
	// changes it; since is when it last did, zero while it never did.
	logins string
	since  time.Time
	// supported is false for the bank that shows Link's "not supported" message.
	supported bool
}

const (
	healthy  = "HEALTHY"
	degraded = "DEGRADED"
	down     = "DOWN"
)

func institutions() []institution {
	us, gb := []string{"US"}, []string{"GB"}
	return []institution{
		{id: "ins_109508", name: "First Platypus Bank", countries: us, logins: healthy, supported: true},
		{id: "ins_130016", name: "First Platypus Balance Bank", countries: us, logins: healthy, supported: true},
		{id: "ins_109509", name: "First Gingham Credit Union", countries: us, logins: healthy, supported: true},
		{id: "ins_109510", name: "Tattersall Federal Credit Union", countries: us, logins: healthy, supported: true},
		{id: "ins_109511", name: "Tartan Bank", countries: us, logins: healthy, supported: true},
		{id: "ins_109512", name: "Houndstooth Bank", countries: us, logins: healthy, supported: true},
		{id: "ins_127287", name: "Platypus OAuth Bank", countries: us, oauth: true, logins: healthy, supported: true},
		{id: "ins_132241", name: "First Platypus OAuth App2App Bank", countries: us, oauth: true, logins: healthy, supported: true},
		{id: "ins_132363", name: "Unhealthy Platypus Bank - Degraded", countries: us, logins: degraded, supported: true},
		{id: "ins_132361", name: "Unhealthy Platypus Bank - Down", countries: us, logins: down, supported: true},
		{id: "ins_133402", name: "Unsupported Platypus Bank", countries: us, logins: healthy},
		{id: "ins_43", name: "Tartan-Dominion Bank of Canada", countries: []string{"CA"}, logins: healthy, supported: true},
		{id: "ins_117650", name: "Royal Bank of Plaid", countries: gb, oauth: true, logins: healthy, supported: true},
		{id: "ins_117181", name: "Flexible Platypus Open Banking", countries: gb, oauth: true, logins: healthy, supported: true},
	}
}

// institutionProducts are what every institution here offers.
func institutionProducts() []string {
	return []string{"assets", "auth", "balance", "identity", "investments", "liabilities", "statements", "transactions"}
}

// findInstitution answers an institution as it is at the start; the registry knows how its logins are now.
func findInstitution(id string) (institution, error) {
	for _, in := range institutions() {
		if in.id == id {
			return in, nil
		}
	}
	return institution{}, plaidError("INVALID_INSTITUTION")
}

func (in institution) servesAny(countries []string) bool {
	return slices.ContainsFunc(in.countries, func(c string) bool { return slices.Contains(countries, c) })
}

// refusal is why nobody gets in at the bank, whatever the credentials; nil where people do.
func (in institution) refusal() *apiError {
	switch {
	case !in.supported:
		return plaidError(codeInstitutionUnsupported)
	case in.logins == down:
		return plaidError(codeInstitutionDown)
	}
	return nil
}

// login is what the bank says to credentials: nil when they are right, needCode when it asks for a one-time code first.
// The test credentials are Plaid's own (plaid.com/docs/sandbox/test-credentials); an OAuth bank takes anything, even
// nothing.
func (in institution) login(username, password, code string) (needCode bool, failure *apiError) {
	if refusal := in.refusal(); refusal != nil || in.oauth {
		return false, refusal
	}
	if name, ok := strings.CutPrefix(password, "error_"); ok && slices.Contains(errorPasswords(), name) {
		return false, plaidError(name)
	}
	switch {
	case slices.Contains(anyPasswordUsers(), username) && password != "", username == userGood && password == "pass_good":
		return false, nil
	case username == userGood && password == "mfa_device" && code == "":
		return true, nil
	case username == userGood && password == "mfa_device" && code != oneTimeCode:
		return true, plaidError(codeInvalidMFA)
	case username == userGood && password == "mfa_device":
		return false, nil
	}
	return false, plaidError(codeInvalidCredentials)
}

const (
	userGood    = "user_good"
	oneTimeCode = "1234"
)

// device can get the bank's one-time code; it is 1234 on all of them (plaid.com/docs/sandbox/test-credentials).
type device struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

func devices() []device {
	return []device{{ID: "phone", Label: "Text message to ***-***-5309"}, {ID: "mail", Label: "Mail to t***t@plaid.com"}}
}

func anyPasswordUsers() []string {
	return []string{"user_transactions_dynamic", "user_ewa_user", "user_yuppie", "user_small_business", "user_custom"}
}

// errorPasswords are the codes that work as error_<CODE>. ITEM_LOGIN_REQUIRED is not among them, as at Plaid:
// /sandbox/item/reset_login is the way to that one.
func errorPasswords() []string {
	return []string{
		"COUNTRY_NOT_SUPPORTED", codeInstitutionDown, "INSTITUTION_NOT_RESPONDING", codeInstitutionUnsupported,
		"INSUFFICIENT_CREDENTIALS", "INTERNAL_SERVER_ERROR", codeInvalidCredentials, codeInvalidMFA, "INVALID_SEND_METHOD",
		"ITEM_LOCKED", "ITEM_NOT_SUPPORTED", "MFA_NOT_SUPPORTED", codeNoAccounts, "PAYMENT_INVALID_RECIPIENT",
		"USER_INPUT_TIMEOUT", "USER_SETUP_REQUIRED",
	}
}
