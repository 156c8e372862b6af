package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"relink/internal/blackbox"
	"relink/worker"
)

// record makes the run store the history of each behaviour, and its hash, for the replay tests of workflows. It never
// overwrites a file: histories are not edited, and new behaviour gets a new name.
var record = flag.String("record", "", "write histories that are not there yet to this folder")

// kept fetches the history of an Item's run and replays it with the run's rules. With the flag record it stores it.
func (s *stack) kept(t *testing.T, ctx context.Context, name string, it blackbox.Item) {
	t.Helper()
	s.keptRun(t, ctx, name, workflowID(it), it.RunID)
}

func (s *stack) keptRun(t *testing.T, ctx context.Context, name, id, run string) {
	t.Helper()
	var history *historypb.History
	require.NoError(t, blackbox.Await(ctx, "the run's first decisions", func(ctx context.Context) (ok bool, err error) {
		history, err = s.historyOf(ctx, id, run)
		return len(history.GetEvents()) > 3, err // started, and one workflow task
	}))
	// It is encoded before the replay, which writes later search attributes into the history's first event.
	encoded, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(history)
	require.NoError(t, err)
	decoded, err := client.HistoryFromJSON(bytes.NewReader(encoded), client.HistoryJSONOptions{})
	require.NoError(t, err)
	replayer := sdkworker.NewWorkflowReplayer()
	worker.Register(replayer, s.rules)
	require.NoError(t, replayer.ReplayWorkflowHistory(nil, decoded), "the recorded history does not replay")
	file := filepath.Join(*record, filepath.FromSlash(name)+".json.gz")
	if *record == "" {
		return
	}
	if _, err := os.Stat(file); err == nil {
		return
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(encoded)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(file, packed.Bytes(), 0o600))
	sums, err := os.OpenFile(filepath.Join(*record, "SHA256SUMS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	defer sums.Close()
	_, err = fmt.Fprintf(sums, "%x  %s.json.gz\n", sha256.Sum256(packed.Bytes()), name) // one write: tests run at once
	require.NoError(t, err)
	t.Log("recorded", file)
}

// nextRun waits until the Item's workflow has continued as new.
func (s *stack) nextRun(t *testing.T, ctx context.Context, it blackbox.Item) blackbox.Item {
	t.Helper()
	first := it.RunID
	require.NoError(t, blackbox.Await(ctx, "the next run", func(ctx context.Context) (bool, error) {
		now, err := s.Item(ctx, it.ID)
		it = now
		return now.RunID != first && now.RunID != "", err
	}))
	return it
}

func TestHistories_eachBehaviourReplays(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, 2*patience)
	merchant := func(id string) blackbox.Merchant {
		m := blueBottle
		m.ID, m.Email = id, id+"@example.com"
		return m
	}
	linked := func(t *testing.T, id string) blackbox.Item {
		t.Helper()
		it, err := s.Link(ctx, merchant(id))
		require.NoError(t, err)
		require.NoError(t, s.awaitQuestions(ctx, it.ID, 1))
		it, err = s.Item(ctx, it.ID)
		require.NoError(t, err)
		return it
	}
	reminded := func(t *testing.T, id string) (it blackbox.Item, link string) {
		t.Helper()
		it = linked(t, id)
		_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
		require.NoError(t, err)
		_, err = s.AwaitMoment(ctx, it.ID, "mail_sent", 1)
		require.NoError(t, err)
		mail, err := s.AwaitMail(ctx, id+"@example.com", 1)
		require.NoError(t, err)
		link, err = mail.DeepLink()
		require.NoError(t, err)
		return it, link
	}

	t.Run("enrolled and idle", func(t *testing.T) {
		t.Parallel()
		it := linked(t, "idle")
		s.resting(t, ctx, it)
		history, err := s.history(ctx, it, it.RunID)
		require.NoError(t, err)
		require.Zero(t, count(history, enumspb.EVENT_TYPE_TIMER_STARTED), "an idle Item costs nothing, not even a timer")
		s.kept(t, ctx, "enrolled-idle", it)
	})
	t.Run("broken, mailed, relinked", func(t *testing.T) {
		t.Parallel()
		it, link := reminded(t, "relinked")
		repaired(t, s, ctx, it, link)
		second := s.nextRun(t, ctx, it)
		s.kept(t, ctx, "relinked", it)
		s.kept(t, ctx, "second-run", second)
	})
	t.Run("healed elsewhere", func(t *testing.T) {
		t.Parallel()
		it, _ := reminded(t, "elsewhere")
		require.NoError(t, s.Heal(ctx, it.ID))
		_, _, err := s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_code": "LOGIN_REPAIRED"})
		require.NoError(t, err)
		s.nextRun(t, ctx, it)
		s.kept(t, ctx, "healed-elsewhere", it)
		mails, err := s.Mails(ctx, "elsewhere@example.com")
		require.NoError(t, err)
		require.Len(t, mails, 1, "a merchant whose Item healed elsewhere gets no thanks")
	})
	t.Run("Link opened and left", func(t *testing.T) {
		t.Parallel()
		it, link := reminded(t, "left")
		token, err := blackbox.Mint(ctx, link, it.ID)
		require.NoError(t, err)
		played, err := s.PlayLink(ctx, token, "user_good", "wrong")
		require.NoError(t, err)
		require.NoError(t, blackbox.Exit(ctx, link, it.ID, played))
		require.NoError(t, s.awaitQuestions(ctx, it.ID, 3))
		s.kept(t, ctx, "link-left", it)
	})
	t.Run("a browser that lies", func(t *testing.T) {
		t.Parallel()
		it, link := reminded(t, "liar")
		standing, err := blackbox.Complete(ctx, link, it.ID, "made-up")
		require.NoError(t, err)
		require.Equal(t, "verifying", standing.State)
		s.kept(t, ctx, "not-verified", it)
	})
	t.Run("a claim that Plaid contradicts", func(t *testing.T) {
		t.Parallel()
		it := linked(t, "contradicted")
		_, _, err := s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_code": "ERROR"})
		require.NoError(t, err)
		require.NoError(t, s.awaitQuestions(ctx, it.ID, 2))
		s.kept(t, ctx, "contradicted-claim", it)
	})
}

// This test refuses mails to every address, so it has a mailbox of its own.
func TestHistories_aMailThatIsCalledBackReplays(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	refuse := map[string]any{"code": 451, "message": "greylisted", "times": 1000}
	require.NoError(t, blackbox.Call(ctx, "POST", s.Mailbox+"/control/refuse", "", refuse, nil))
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	it, err = s.AwaitState(ctx, it.ID, "login_required", 1)
	require.NoError(t, err)
	require.NoError(t, blackbox.Await(ctx, "the mail to be in its retries", func(ctx context.Context) (bool, error) {
		d, err := s.temporal.DescribeWorkflowExecution(ctx, it.WorkflowID, it.RunID)
		if err != nil {
			return false, err
		}
		for _, a := range d.GetPendingActivities() {
			if a.GetActivityType().GetName() == "SendMail" && a.GetAttempt() > 1 {
				return true, nil
			}
		}
		return false, nil
	}))
	require.NoError(t, s.Heal(ctx, it.ID))
	healedAt := time.Now()
	_, _, err = s.Fire(ctx, map[string]any{"item_id": it.ID, "webhook_code": "LOGIN_REPAIRED"})
	require.NoError(t, err)
	s.nextRun(t, ctx, it)
	require.Less(t, time.Since(healedAt), 30*time.Second)
	s.kept(t, ctx, "mail-called-back", it)
	mails, err := s.Mails(ctx, blueBottle.Email)
	require.NoError(t, err)
	require.Empty(t, mails)
}
