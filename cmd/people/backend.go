package people

import (
	"context"
	"errors"
	"time"

	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/readmodel"
	"relink/internal/tasks"
)

// Backend opens what the commands of people work on. Today Postgres and Temporal stand behind it; relink's own API,
// with a person signed in, may later. Each method returns an error when the environment lacks what it needs, so that a
// command fails before it has asked or changed anything. The maker of the Backend closes what they open.
type Backend interface {
	Records(ctx context.Context) (Records, error)
	Commander(ctx context.Context) (Commander, error)
	Replayer(ctx context.Context) (Replayer, error)
}

// Records is relink's own database, as people read and change it.
type Records interface {
	Items
	Tasks
	Pauses
	Suppressions
	Policies
	DeadLetters
}

// Items reads Items. An Item that is not enrolled gives item.ErrUnknown.
type Items interface {
	Items(ctx context.Context, f readmodel.Filter) ([]readmodel.Listed, error)
	Load(ctx context.Context, id item.ID) (item.Ref, item.Life, error)
	// Timeline returns what happened to an Item, oldest first.
	Timeline(ctx context.Context, id item.ID) ([]readmodel.TimelineEntry, error)
}

// Tasks reads and closes what needs a person.
type Tasks interface {
	// NeedPerson returns open tasks, oldest first, and how many there are in all. A limit of 0 means as
	// many as a list holds.
	NeedPerson(ctx context.Context, limit int) (open []tasks.Listed, total int, err error)
	// CloseTask ends a task. It fails when no task of this number is open.
	CloseTask(ctx context.Context, taskID int64, by string) error
}

// Pauses are the stops of mails.
type Pauses interface {
	// PauseMails returns false when the scope is paused already; that pause then stays as it is.
	PauseMails(ctx context.Context, p mailing.Pause) (paused bool, err error)
	ResumeMails(ctx context.Context, scope mailing.PauseScope, key, by string) (ended int, err error)
	Pauses(ctx context.Context) ([]mailing.Pause, error)
}

// Suppressions are the addresses that nobody may mail.
type Suppressions interface {
	// Suppress returns false when a person stopped the address already. Both it and Unsuppress return the merchants that
	// have the address now.
	Suppress(ctx context.Context, address, why, by string, at time.Time) (suppressed bool, merchants []string, err error)
	Unsuppress(ctx context.Context, address, by string, at time.Time) (ended int, merchants []string, err error)
	Suppressions(ctx context.Context) ([]mailing.Suppression, error)
}

// Policies are the policies of reminders that were applied.
type Policies interface {
	// AppliedPolicy returns the file that was applied last; nil when none ever was.
	AppliedPolicy(ctx context.Context) (file []byte, at time.Time, err error)
	ApplyPolicy(ctx context.Context, file []byte, version, by string) error
}

// DeadLetters are webhooks that only a person can still do something about. A dead letter that does not exist gives
// inbox.ErrNoDeadLetter.
type DeadLetters interface {
	// DeadLetters returns those that the filter chooses, at most its limit, and their number without the limit.
	DeadLetters(ctx context.Context, f inbox.DeadFilter) (letters []inbox.DeadLetter, total int, err error)
	DeadLetter(ctx context.Context, inboxID int64) (inbox.DeadLetter, error)
	Discard(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error)
}

// Replayer delivers dead letters again. A webhook that was not understood is parsed again from its sealed body.
type Replayer interface {
	DeadLetters
	Replay(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error)
}

// Commander sends operator commands to Items. A query is written in Temporal's language and chooses Items whose
// workflow runs.
type Commander interface {
	// Count returns how many Items match. A query that Temporal does not understand gives ErrBadQuery.
	Count(ctx context.Context, matching string) (int64, error)
	// Command sends a command to one Item.
	Command(ctx context.Context, id item.ID, c item.OperatorCommand) error
	// CommandAll sends a command to all Items that match, and calls progress from time to time until it is done.
	CommandAll(
		ctx context.Context, matching string, c item.OperatorCommand, progress func(done, total int64),
	) (reached, missed int64, err error)
	// ReconcileNow starts a walk over all Items, unless one is under way.
	ReconcileNow(ctx context.Context) error
}

// ErrBadQuery is wrapped by the error for a query that Temporal does not understand.
var ErrBadQuery = errors.New("the query is not understood")
