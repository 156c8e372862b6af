package wording

// Script holds what only the page's script shows, while a merchant goes through Link. Its texts may hold {bank}, which
// the script fills. The script asks for a word by its name in lower case, with hyphens: "wrong-password".
type Script struct {
	Opening
	Opened
	Leaving   // for Plaid's own page, or the bank's
	Resuming  // after the bank's own page
	Verifying // we are asking Plaid
	Done      // connected, and nothing else waits
	DoneMore  // connected, and another connection waits
	Already   // the connection worked before Link opened
	Later     // Plaid has not confirmed a success yet
	Unsure    // Plaid has not confirmed, and nobody knows whether the merchant went through to the end
	Untold    // Link has finished, and we could not be reached

	Closed // the merchant closed Link
	WrongPassword
	WrongCode
	BankFirst  // the bank wants something first
	OtherLogin // the merchant signed in as somebody else
	TooSlow
	NoAccounts
	NotOffered // nobody can repair this connection now
	Popup      // the bank's own page was closed, or did not open
	Lost       // the return from the bank came too late
	WindowTrouble
	Blocked // Link did not load
	Trouble // we could not be reached

	LabelOpening  // the button while Link opens
	LabelChecking // the button while we ask Plaid
	LabelAgain    // the button after a failure

	ConnectedHeadline
	ManyWait // several connections still wait; holds {left}, how many
	OneWaits
	NoneWaits
}

// The words of Script.
type (
	Opening   string
	Opened    string
	Leaving   string
	Resuming  string
	Verifying string
	Done      string
	DoneMore  string
	Already   string
	Later     string
	Unsure    string
	Untold    string

	Closed        string
	WrongPassword string
	WrongCode     string
	BankFirst     string
	OtherLogin    string
	TooSlow       string
	NoAccounts    string
	NotOffered    string
	Popup         string
	Lost          string
	WindowTrouble string
	Blocked       string
	Trouble       string

	LabelOpening  string
	LabelChecking string
	LabelAgain    string

	ConnectedHeadline string
	ManyWait          string
	OneWaits          string
	NoneWaits         string
)
