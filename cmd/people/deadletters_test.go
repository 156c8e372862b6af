package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/cmd/internal/cli"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/postgres"
)

// deadLetterShell is a shell over a database with three dead letters of one Item.
type deadLetterShell struct {
	shell
	store *postgres.Store
	ids   []int64
}

// closedVault replays from a store whose sealed bodies cannot be opened.
type closedVault struct{ *postgres.Store }

func (c closedVault) Replay(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error) {
	return c.Store.Replay(ctx, o, func([]byte, []byte) (inbox.Entry, error) {
		return inbox.Entry{}, errors.New("its body cannot be opened")
	})
}

func newDeadLetterShell(t *testing.T) *deadLetterShell {
	t.Helper()
	store := testStore(t)
	d := &deadLetterShell{store: store, shell: shell{records: store, replayer: closedVault{store}}}
	for i, reason := range []string{"payload is too big", "payload is too big", "refused"} {
		r, err := store.Receive(t.Context(), inbox.Entry{
			Source: item.FromWebhook, Environment: "sandbox", ItemID: "itm_1", Code: "ITEM/ERROR", DeliveryKey: fmt.Append(nil, i),
			Body: json.RawMessage(`{"webhook_code":"ERROR"}`), Dead: reason,
		})
		require.NoError(t, err)
		d.ids = append(d.ids, r.RowID)
	}
	return d
}

// named puts the ids of the dead letters into a line, for ID0 to ID2.
func (d *deadLetterShell) named(line string) string {
	for i, id := range d.ids {
		line = strings.ReplaceAll(line, fmt.Sprint("ID", i), fmt.Sprint(id))
	}
	return "deadletters " + line
}

func (d *deadLetterShell) types(t *testing.T, line string) error {
	t.Helper()
	return d.shell.types(t, d.named(line))
}

func (d *deadLetterShell) left(t *testing.T) int {
	t.Helper()
	_, total, err := d.store.DeadLetters(t.Context(), inbox.DeadFilter{})
	require.NoError(t, err)
	return total
}

func TestDeadLetters_areListedAndShown(t *testing.T) {
	t.Parallel()
	d := newDeadLetterShell(t)
	require.NoError(t, d.types(t, "list"))
	require.Equal(t, 4, strings.Count(d.out.String(), "\n"))
	require.NoError(t, d.types(t, "list --reason TOO~BIG --after 2026-01-01 --json"))
	require.Equal(t, 2, strings.Count(d.out.String(), "\n"))
	require.NoError(t, d.types(t, "list --limit 1"))
	require.Contains(t, d.errOut.String(), "1 of 3 dead letters")
	require.NoError(t, d.types(t, "list --before 2026-01-01T00:00:00Z --json"))
	require.Zero(t, d.out.String())

	require.NoError(t, d.types(t, "show ID2 --json"))
	var l inbox.DeadLetter
	require.NoError(t, json.Unmarshal(d.out.Bytes(), &l))
	require.Equal(t, "refused", l.Reason)
	require.Equal(t, d.ids[2], l.InboxID)
	require.NoError(t, d.types(t, "show ID2"))
	require.Contains(t, d.out.String(), `{"webhook_code":"ERROR"}`)
	require.ErrorIs(t, d.types(t, "show 999"), inbox.ErrNoDeadLetter)
}

func TestDeadLetters_areReplayedAndDiscardedByID(t *testing.T) {
	t.Parallel()
	d := newDeadLetterShell(t)
	require.NoError(t, d.types(t, "replay ID0 ID1 --json"))
	require.JSONEq(t, `{"matches":2,"done":2}`, d.out.String())
	require.NoError(t, d.types(t, "discard ID2 --why a~test"))
	require.Equal(t, "1 of 1 discarded\n", d.out.String())
	require.Zero(t, d.left(t))
	require.ErrorIs(t, d.types(t, "replay ID2"), inbox.ErrNoDeadLetter)
}

func TestDeadLetters_withoutATerminalAFilterNeedsItsYes(t *testing.T) {
	t.Parallel()
	d := newDeadLetterShell(t)
	for _, verb := range []string{"replay", "discard --why x"} {
		err := d.types(t, verb+" --reason too~big")
		require.ErrorIs(t, err, cli.ErrUsage, "exit 2")
		require.ErrorContains(t, err, "2 dead letters match")
		require.ErrorContains(t, err, "nothing was changed")
	}
	require.Equal(t, 3, d.left(t))
	require.NoError(t, d.types(t, "replay --reason too~big --yes"))
	require.Equal(t, "2 of 2 replayed\n", d.out.String())
	require.NoError(t, d.types(t, "discard --all --yes --why x"))
	require.Zero(t, d.left(t))
	require.NoError(t, d.types(t, "discard --all --why x"), "nothing is to be asked about nothing")
	require.Equal(t, "0 of 0 discarded\n", d.out.String())
}

func TestDeadLetters_atATerminalTheCountIsAgreedToFirst(t *testing.T) {
	t.Parallel()
	d := newDeadLetterShell(t)
	line := d.named("replay --code ITEM/ERROR")
	for _, answer := range []string{"n\n", "\n", "yep\n"} {
		require.NoError(t, d.says(t, answer, line))
		require.Contains(t, d.errOut.String(), "3 dead letters match; replay them? [y/N]")
		require.Contains(t, d.errOut.String(), "nothing was changed")
	}
	require.ErrorIs(t, d.says(t, "", line), cli.ErrUsage, "nobody sits there after all")
	require.Equal(t, 3, d.left(t))
	require.NoError(t, d.says(t, "Y\n", line))
	require.Zero(t, d.left(t))
}

func TestDeadLetters_auditNamesThePersonAsEveryOtherCommandDoes(t *testing.T) {
	t.Parallel()
	d := newDeadLetterShell(t)
	enrolBlueBottle(t, d.store)
	by := func() (by string) {
		entries, err := d.store.Timeline(t.Context(), "itm_1")
		require.NoError(t, err)
		for _, m := range entries {
			if strings.HasPrefix(m.What, "dead_letter_") {
				var data struct{ By string }
				require.NoError(t, json.Unmarshal(m.Data, &data))
				by = data.By
			}
		}
		return by
	}
	require.NoError(t, d.types(t, "discard ID0 --why x"))
	require.Equal(t, "olga", by())
	require.NoError(t, d.types(t, "replay ID1 --by nora"))
	require.Equal(t, "nora", by())
}

func TestDeadLetters_failedReplayNamesTheReasonAndFails(t *testing.T) {
	t.Parallel()
	d := newDeadLetterShell(t)
	r, err := d.store.Receive(t.Context(), inbox.Entry{
		Source: item.FromWebhook, Environment: "sandbox", Code: "unknown", DeliveryKey: []byte("unread"), RawSealed: []byte("sealed"),
		Dead: "it is not understood",
	})
	require.NoError(t, err)
	err = d.types(t, fmt.Sprint("replay ", r.RowID))
	require.ErrorContains(t, err, "1 of 1 still dead")
	require.NotErrorIs(t, err, cli.ErrUsage)
	require.Contains(t, d.out.String(), fmt.Sprintf("%d is dead still: replayed in vain: its body cannot be opened", r.RowID))
}

func TestDeadLetters_namesWrongUsage(t *testing.T) {
	t.Parallel()
	lines := map[string]string{}
	for line, names := range map[string]string{
		"":                            "wants discard, list, replay or show",
		"bury":                        `"bury"`,
		"list 12":                     "no ids",
		"list --limit 0":              "--limit 0",
		"list --before yesterday":     `"yesterday"`,
		"list --since 12":             "since",
		"show":                        "one id",
		"show 1 2":                    "one id",
		"show first":                  `"first"`,
		"replay":                      "--all",
		"replay 1 --code ITEM/ERROR":  "not both",
		"replay 1 --all":              "not both",
		"replay --all --code X":       "--all",
		"discard 1":                   "--why",
		"discard --all --yes":         "--why",
		"discard --after x --why y":   `"x"`,
		"replay 1 2 3 --yes x --json": `"x"`,
	} {
		lines["deadletters "+line] = names
	}
	refuses(t, lines)
}
