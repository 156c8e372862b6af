package people

import (
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
)

// Deps are the parts that the commands of people use.
type Deps struct {
	Terminal *cli.Terminal
	Backend  Backend
	// PolicyFile names the policy that is in force while none was applied; empty for the built-in one.
	PolicyFile string
	// Now returns the time. Outside of tests it is time.Now.
	Now func() time.Time
}

// Commands returns the commands of people.
func Commands(d Deps) []*cobra.Command {
	return []*cobra.Command{d.items(), d.tasks(), d.mails(), d.policy(), d.deadLetters()}
}

// minute prints a time in a table, to the minute; a zero time prints nothing.
func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 MST")
}
