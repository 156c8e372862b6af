package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"relink/internal/blackbox"
	"relink/internal/item"
	"relink/internal/postgres"
	"relink/internal/testkit"
	"relink/starter"
	"relink/workflows"
)

// shell runs the real binary without a terminal.
type shell struct {
	binary  string
	environ []string
}

// run returns the exit code and the output of a command.
func (s shell) run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	cmd := exec.CommandContext(t.Context(), s.binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = s.environ, &o, &e
	err := cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// TestCommands_reachTheItemsTheyMean sends commands to Items of a real Temporal that has no worker. It looks for the
// commands in the histories.
func TestCommands_reachTheItemsTheyMean(t *testing.T) {
	t.Parallel()
	binary, err := relinkBinary()
	require.NoError(t, err)
	server := testkit.Temporal(t)
	database := testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	olgas := shell{binary, []string{
		"DATABASE_URL=" + database, "PLAID_ENV=sandbox", "TEMPORAL_ADDRESS=" + server.Address, "TEMPORAL_NAMESPACE=" + server.Namespace,
	}}
	c, err := client.Dial(client.Options{HostPort: server.Address, Namespace: server.Namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	partner := fmt.Sprintf(`o'neil & co, 100%% %d`, time.Now().UnixNano())
	prefix := fmt.Sprintf("itm_shell_%d_", time.Now().UnixNano())
	idOf := func(state item.State) item.ID { return item.ID(prefix + string(state)) }
	for _, state := range item.States() {
		startIdle(t, c, idOf(state), state, partner)
	}
	startIdle(t, c, item.ID(prefix+"other"), item.LoginRequired, partner+"2")
	commander := starter.New(c, starter.Options{Environment: "sandbox", Namespace: server.Namespace})
	query := "RelinkState IN ('login_required', 'revoked', 'expiring') AND RelinkPartner = '" + strings.ReplaceAll(partner, "'", "''") + "'"
	require.Eventually(t, func() bool {
		n, err := commander.Count(t.Context(), query)
		return err == nil && n == 3
	}, 30*time.Second, 100*time.Millisecond, "expiring, login_required and revoked")

	code, out, errOut := olgas.run(t, "items", "snooze", "--until", "2099-12-01T09:00:00Z", "--query", query, "--yes", "--by", "olga")
	require.Zero(t, code, errOut)
	require.Equal(t, "3 of 3 have the order to snooze\n", out)
	code, _, errOut = olgas.run(t, "mails", "pause", "--partner", partner, "--why", "their wish", "--by", "olga")
	require.Zero(t, code, errOut)
	code, out, errOut = olgas.run(t, "mails", "resume", "--partner", partner, "--yes", "--json", "--by", "olga")
	require.Zero(t, code, errOut)
	require.Contains(t, out, `"do":"release","matched":3,"reached":3,"missed":0`)

	for _, state := range item.States() {
		commands := commandsTo(t, c, idOf(state))
		if !state.NeedsMerchant() {
			require.Empty(t, commands, state)
			continue
		}
		until := time.Date(2099, 12, 1, 9, 0, 0, 0, time.UTC)
		require.Equal(t, []item.OperatorCommand{{Do: item.Snooze, Until: until, By: "olga"}, {Do: item.Release, By: "olga"}}, commands, state)
	}
	require.Empty(t, commandsTo(t, c, item.ID(prefix+"other")))

	code, _, errOut = olgas.run(t, "items", "remind", "--query", query)
	require.Equal(t, 2, code, "nobody is there to agree")
	require.Contains(t, errOut, "3 Items match")
	code, _, errOut = olgas.run(t, "items", "remind", "--yes", "--query", "RelinkStat = 'revoked'")
	require.Equal(t, 2, code, "Temporal knows no such attribute: %s", errOut)
	code, out, errOut = olgas.run(t, "items", "recheck", string(idOf(item.Connected)), prefix+"nowhere")
	require.Equal(t, 1, code)
	require.Equal(t, "1 of 2 have the order to recheck\n", out)
	require.Contains(t, errOut, "1 Item could not be reached")
}

// startIdle starts an Item's workflow on a queue without a worker.
func startIdle(t *testing.T, c client.Client, id item.ID, state item.State, partner string) {
	t.Helper()
	wid := workflows.ID("sandbox", id)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: wid, TaskQueue: "nobody works here", TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("RelinkState").ValueSet(string(state)),
			temporal.NewSearchAttributeKeyKeyword("RelinkPartner").ValueSet(partner)),
	}, workflows.TypeItem, workflows.Input{ItemID: id})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.TerminateWorkflow(context.WithoutCancel(t.Context()), wid, "", "the test is over") })
}

// commandsTo returns the commands that were sent to an Item, oldest first.
func commandsTo(t *testing.T, c client.Client, id item.ID) (commands []item.OperatorCommand) {
	t.Helper()
	history := c.GetWorkflowHistory(t.Context(), workflows.ID("sandbox", id), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		e, err := history.Next()
		require.NoError(t, err)
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil && s.GetSignalName() == workflows.SignalOperator {
			var command item.OperatorCommand
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(s.GetInput(), &command))
			commands = append(commands, command)
		}
	}
	return commands
}

func TestOperatorCommand_reachesOneItemAndMany(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	var items []blackbox.Item
	var merchants []string
	var all errgroup.Group
	for i := range 3 {
		m := blueBottle
		m.ID, m.Email = fmt.Sprintf("order-%d-%s", i, s.queue[len(s.queue)-8:]), fmt.Sprintf("order-%d@example.com", i)
		it, err := s.Link(ctx, m)
		require.NoError(t, err)
		items, merchants = append(items, it), append(merchants, m.ID)
		all.Go(func() error {
			_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
			if err == nil {
				_, err = s.AwaitMail(ctx, m.Email, 1)
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	matching := fmt.Sprintf("RelinkMerchant IN ('%s', '%s')", merchants[0], merchants[1])
	require.NoError(t, blackbox.Await(ctx, "two Items to match", func(ctx context.Context) (bool, error) {
		n, err := s.starter.Count(ctx, matching)
		return n == 2, err
	}))
	reached, missed, err := s.starter.CommandAll(ctx, matching,
		item.OperatorCommand{Do: item.Snooze, Until: time.Now().Add(time.Hour), By: "olga"}, func(int64, int64) {})
	require.NoError(t, err)
	require.Equal(t, []int64{2, 0}, []int64{reached, missed})
	for _, it := range items[:2] {
		s.awaitLife(t, ctx, it, "a snooze", func(l item.Life) bool { return !l.SnoozedUntil.IsZero() })
	}
	untouched := s.awaitLife(t, ctx, items[2], "an answer", func(item.Life) bool { return true })
	require.Zero(t, untouched.SnoozedUntil)

	require.NoError(t, s.starter.Command(ctx, item.ID(items[0].ID), item.OperatorCommand{Do: item.Remind, By: "olga"}))
	_, err = s.AwaitMail(ctx, "order-0@example.com", 2)
	require.NoError(t, err, "a person's own mail goes out at once")
	s.kept(t, ctx, "ordered-by-a-person", items[0])
	require.NoError(t, s.starter.Command(ctx, item.ID(items[2].ID), item.OperatorCommand{Do: item.RemoveIt, By: "olga"}))
	require.NoError(t, s.stateOf(ctx, items[2].ID, "removed"))
}
