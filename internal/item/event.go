package item

import "time"

// Event is something that happened to an Item. The set is closed.
type Event interface{ apply(l *Life, r Rules) }

type (
	// Hinted means that a webhook, a merchant or an operator gave a reason to ask Plaid again.
	Hinted struct{ Hint Hint }
	// AskStarted means that a question is on its way to Plaid. A later hint needs another question.
	AskStarted struct{}
	// Answered means that Plaid answered the question; the answer was received At.
	Answered struct {
		Status PlaidStatus
		At     time.Time
	}
	// Unanswered means that Plaid could not be asked; the question was given up At.
	Unanswered struct{ At time.Time }
	// Planned means that the next reminder of Incident is planned. Sent is the number that went out, by Postgres.
	Planned struct {
		Incident, Sent int
		// Kind is what was planned. Histories from before there were two kinds have none, which means Reminder.
		Kind MailKind
		Plan Plan
		At   time.Time
	}
	// MailStarted means that Mail is under way.
	MailStarted struct{ Mail MailRef }
	// MailEnded means that Mail is no longer under way, since At.
	MailEnded struct {
		Mail    MailRef
		Outcome MailOutcome
		At      time.Time
		// Until and Why belong to a mail that is held.
		Until time.Time
		Why   string
	}
	// Recorded means that Postgres holds the first Count of the unrecorded transitions.
	Recorded struct{ Count int }
	// EscalationDue means that the ladder is over, and so is the wait after it.
	EscalationDue struct{ At time.Time }
	// CommandIssued means that an operator issued a command, At.
	CommandIssued struct {
		Command OperatorCommand
		At      time.Time
	}
	// RemovedAtPlaid means that Plaid has removed the Item, as an operator commanded.
	RemovedAtPlaid struct{ At time.Time }
)

// MailOutcome is how a mail ended.
type MailOutcome string

const (
	MailSent      MailOutcome = "sent"      // the mail server took it, now or at an earlier try
	MailUnneeded  MailOutcome = "healed"    // Plaid, asked again before a retry, found the Item healthy
	MailFailed    MailOutcome = "failed"    // it cannot be delivered; the step is used up
	MailCancelled MailOutcome = "cancelled" // it was no longer wanted
	MailStuck     MailOutcome = "stuck"     // retries ran out without an answer; a reminder is planned again later
	MailHeld      MailOutcome = "held"      // it must not go out now; it is planned again at Until
	// MailSuppressed: the address must not be mailed. The step is not used up, and the next plan shows the same.
	MailSuppressed MailOutcome = "suppressed"
	MailShadowed   MailOutcome = "shadowed" // in shadow mode it was recorded and not sent; the step is used up
)
