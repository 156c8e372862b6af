package localplaid

import (
	"slices"
	"strings"
	"time"
)

// institution is one of the institutions that exist only in Plaid's Sandbox (plaid.com/docs/sandbox/institutions).
type institution struct {
	id, name    string
	countries   []string
	oauth       bool
	unsupported bool // Link shows its "not supported" message
	health
}

// health is how logging in at an institution goes. /control/bank changes it.
type health struct {
	Logins string    `json:"logins"` // HEALTHY, DEGRADED or DOWN
	Since  time.Time `json:"since"`  // of the last change; zero: there was none
}

const (
	healthy  = "HEALTHY"
	degraded = "DEGRADED"
	down     = "DOWN"
)

func (h health) known() bool { return slices.Contains([]string{healthy, degraded, down}, h.Logins) }

// institutions returns the table of institutions as they are at the start. The registry knows how they are now.
func institutions() []institution {
	us, ca, gb := []string{"US"}, []string{"CA"}, []string{"GB"}
	ok := health{Logins: healthy}
	return []institution{
		{id: "ins_109508", name: "First Platypus Bank", countries: us, health: ok},
		{id: "ins_130016", name: "First Platypus Balance Bank", countries: us, health: ok},
		{id: "ins_109509", name: "First Gingham Credit Union", countries: us, health: ok},
		{id: "ins_109510", name: "Tattersall Federal Credit Union", countries: us, health: ok},
		{id: "ins_109511", name: "Tartan Bank", countries: us, health: ok},
		{id: "ins_109512", name: "Houndstooth Bank", countries: us, health: ok},
		{id: "ins_127287", name: "Platypus OAuth Bank", countries: us, oauth: true, health: ok},
		{id: "ins_132241", name: "First Platypus OAuth App2App Bank", countries: us, oauth: true, health: ok},
		{id: "ins_132363", name: "Unhealthy Platypus Bank - Degraded", countries: us, health: health{Logins: degraded}},
		{id: "ins_132361", name: "Unhealthy Platypus Bank - Down", countries: us, health: health{Logins: down}},
		{id: "ins_133402", name: "Unsupported Platypus Bank", countries: us, unsupported: true, health: ok},
		{id: "ins_43", name: "Tartan-Dominion Bank of Canada", countries: ca, health: ok},
		{id: "ins_117650", name: "Royal Bank of Plaid", countries: gb, oauth: true, health: ok},
		{id: "ins_117181", name: "Flexible Platypus Open Banking", countries: gb, oauth: true, health: ok},
	}
}

// institutionProducts are what every institution here offers.
func institutionProducts() []string {
	return []string{"assets", "auth", "balance", "identity", "investments", "liabilities", "statements", "transactions"}
}

func (in *institution) servesAny(countries []string) bool {
	return slices.ContainsFunc(in.countries, func(c string) bool { return slices.Contains(countries, c) })
}

func (in *institution) currency() string {
	switch in.countries[0] {
	case "CA":
		return "CAD"
	case "GB":
		return "GBP"
	default:
		return "USD"
	}
}

// refusal returns why nobody gets in at the bank, whatever the credentials; nil where people do.
func (in *institution) refusal() *apiError {
	switch {
	case in.unsupported:
		return plaidError(codeInstitutionUnsupported)
	case in.Logins == down:
		return plaidError(codeInstitutionDown)
	}
	return nil
}

// login returns what the bank says to credentials: nil when they are right, needCode when it wants a one-time code
// first. The test credentials are Plaid's own (plaid.com/docs/sandbox/test-credentials). An OAuth bank takes anything.
func (in *institution) login(username, password, code string) (needCode bool, failure *apiError) {
	if refusal := in.refusal(); refusal != nil || in.oauth {
		return false, refusal
	}
	if name, ok := strings.CutPrefix(password, "error_"); ok && slices.Contains(errorPasswords(), name) {
		return false, plaidError(name)
	}
	switch {
	case slices.Contains(anyPasswordUsers(), username) && password != "", username == userGood && password == "pass_good":
		return false, nil
	case username != userGood || password != "mfa_device":
		return false, plaidError(codeInvalidCredentials)
	case code == "":
		return true, nil
	case code != oneTimeCode:
		return true, plaidError(codeInvalidMFA)
	}
	return false, nil
}

const (
	userGood    = "user_good"
	oneTimeCode = "1234"
)

// device can get the bank's one-time code. The code is 1234 on all of them (plaid.com/docs/sandbox/test-credentials).
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
// /sandbox/item/reset_login leads to that one.
func errorPasswords() []string {
	return []string{
		"COUNTRY_NOT_SUPPORTED", codeInstitutionDown, "INSTITUTION_NOT_RESPONDING", codeInstitutionUnsupported,
		"INSUFFICIENT_CREDENTIALS", "INTERNAL_SERVER_ERROR", codeInvalidCredentials, codeInvalidMFA, "INVALID_SEND_METHOD",
		"ITEM_LOCKED", "ITEM_NOT_SUPPORTED", "MFA_NOT_SUPPORTED", codeNoAccounts, "PAYMENT_INVALID_RECIPIENT",
		"USER_INPUT_TIMEOUT", "USER_SETUP_REQUIRED",
	}
}
