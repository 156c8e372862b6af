package item

import "time"

// Event is something that happened to an Item. The set is closed.
type Event interface{ apply(l *Life, r Rules) }

type (
	// Hinted: somebody asks us to look again.
	Hinted struct{ Hint Hint }
	// AskStarted: the question is on its way. A hint from here on needs another question.
	AskStarted struct{}
	// Answered: Plaid answered the question, received At.
	Answered struct {
		Status PlaidStatus
		At     time.Time
	}
	// Unanswered: Plaid could not be asked, given up At.
	Unanswered struct{ At time.Time }
	// Planned: the next reminder of Incident is planned. Sent is how many went out, as Postgres knows.
	Planned struct {
		Incident, Sent int
		// Kind is what was planned. Histories from before there were two kinds have none, which means Reminder.
		Kind MailKind
		Plan Plan
		At   time.Time
	}
	// MailStarted: Letter is under way.
	MailStarted struct{ Mail MailRef }
	// MailEnded: Letter is no longer under way, since At.
	MailEnded struct {
		Mail    MailRef
		Outcome MailOutcome
		At      time.Time
		// Until and Why belong to a mail that is held.
		Until time.Time
		Why   string
	}
	// Recorded: Postgres holds the first Count of the unrecorded transitions.
	Recorded struct{ Count int }
	// EscalationDue: the ladder is over, and so is the wait after it.
	EscalationDue struct{ At time.Time }
	// CommandIssued: a person of ours gave an order, At.
	CommandIssued struct {
		Command OperatorCommand
		At      time.Time
	}
	// RemovedAtPlaid: Plaid has removed the Item, as a person of ours ordered.
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
