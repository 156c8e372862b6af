package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/postgres"
	"relink/internal/testkit"
)

// deadWorld is relink deadletters on a database with three dead letters of one Item, and what it prints.
type deadWorld struct {
	deadShell
	ids      []int64
	out, ask *bytes.Buffer
}

func newDeadWorld(t *testing.T) *deadWorld {
	t.Helper()
	url := testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	store, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	w := &deadWorld{out: &bytes.Buffer{}, ask: &bytes.Buffer{}}
	w.deadShell = deadShell{store: store, by: "shell/ops", out: w.out, ask: w.ask, in: strings.NewReader(""), reread: func([]byte, []byte) (item.Arrival, error) {
		return item.Arrival{}, errors.New("its body cannot be opened")
	}}
	for i, reason := range []string{"payload is too big", "payload is too big", "refused"} {
		r, err := store.Receive(t.Context(), item.Arrival{
			Source: item.FromWebhook, Environment: "sandbox", ItemID: "itm_1", Code: "ITEM/ERROR", DeliveryKey: fmt.Append(nil, i),
			Body: json.RawMessage(`{"webhook_code":"ERROR"}`), Dead: reason,
		})
		require.NoError(t, err)
		w.ids = append(w.ids, r.RowID)
	}
	return w
}

// does runs the command as it is typed; ID0 to ID2 stand for the dead letters.
func (w *deadWorld) does(t *testing.T, line string) error {
	t.Helper()
	for i, id := range w.ids {
		line = strings.ReplaceAll(line, fmt.Sprint("ID", i), fmt.Sprint(id))
	}
	w.out.Reset()
	w.ask.Reset()
	var args []string
	for word := range strings.FieldsSeq(line) {
		args = append(args, strings.ReplaceAll(word, "_", " "))
	}
	o, err := parseDeadOrder(args)
	if err != nil {
		return err
	}
	return w.run(t.Context(), o)
}

func (w *deadWorld) left(t *testing.T) int {
	t.Helper()
	_, total, err := w.store.DeadLetters(t.Context(), item.DeadFilter{})
	require.NoError(t, err)
	return total
}

func TestTheShellListsAndShowsDeadLetters(t *testing.T) {
	t.Parallel()
	w := newDeadWorld(t)
	require.NoError(t, w.does(t, "list"))
	require.Equal(t, 4, strings.Count(w.out.String(), "\n"))
	require.NoError(t, w.does(t, "list --reason TOO_BIG --after 2026-01-01 --json"))
	require.Equal(t, 2, strings.Count(w.out.String(), "\n"))
	require.NoError(t, w.does(t, "list --limit 1"))
	require.Contains(t, w.ask.String(), "1 of 3 dead letters")
	require.NoError(t, w.does(t, "list --before 2026-01-01T00:00:00Z --json"))
	require.Zero(t, w.out.String())

	require.NoError(t, w.does(t, "show ID2 --json"))
	var d item.DeadLetter
	require.NoError(t, json.Unmarshal(w.out.Bytes(), &d))
	require.Equal(t, "refused", d.Reason)
	require.Equal(t, w.ids[2], d.InboxID)
	require.NoError(t, w.does(t, "show ID2"))
	require.Contains(t, w.out.String(), `{"webhook_code":"ERROR"}`)
	require.ErrorIs(t, w.does(t, "show 999"), item.ErrNoDeadLetter)
}

func TestTheShellReplaysAndDiscardsByID(t *testing.T) {
	t.Parallel()
	w := newDeadWorld(t)
	require.NoError(t, w.does(t, "replay ID0 ID1 --json"))
	require.JSONEq(t, `{"matches":2,"done":2}`, w.out.String())
	require.NoError(t, w.does(t, "discard ID2 --why a_test"))
	require.Equal(t, "1 of 1 discarded\n", w.out.String())
	require.Zero(t, w.left(t))
	require.ErrorIs(t, w.does(t, "replay ID2"), item.ErrNoDeadLetter)
}

func TestWithoutATerminalAFilterNeedsItsYes(t *testing.T) {
	t.Parallel()
	w := newDeadWorld(t)
	for _, verb := range []string{"replay", "discard --why x"} {
		err := w.does(t, verb+" --reason too_big")
		require.ErrorIs(t, err, errUsage, "exit 2")
		require.ErrorContains(t, err, "2 dead letters match")
		require.ErrorContains(t, err, "nothing was changed")
	}
	require.Equal(t, 3, w.left(t))
	require.NoError(t, w.does(t, "replay --reason too_big --yes"))
	require.Equal(t, "2 of 2 replayed\n", w.out.String())
	require.NoError(t, w.does(t, "discard --all --yes --why x"))
	require.Zero(t, w.left(t))
	require.NoError(t, w.does(t, "discard --all --why x"), "nothing is to be asked about nothing")
	require.Equal(t, "0 of 0 discarded\n", w.out.String())
}

func TestAtATerminalTheCountIsAgreedToFirst(t *testing.T) {
	t.Parallel()
	w := newDeadWorld(t)
	w.terminal = true
	for _, answer := range []string{"n\n", "\n", "yep\n"} {
		w.in = strings.NewReader(answer)
		require.NoError(t, w.does(t, "replay --code ITEM/ERROR"))
		require.Contains(t, w.ask.String(), "3 dead letters match; replay them? [y/N]")
		require.Contains(t, w.ask.String(), "nothing was changed")
	}
	w.in = strings.NewReader("")
	require.ErrorIs(t, w.does(t, "replay --code ITEM/ERROR"), errUsage, "nobody sits there after all")
	require.Equal(t, 3, w.left(t))
	w.in = strings.NewReader("Y\n")
	require.NoError(t, w.does(t, "replay --code ITEM/ERROR"))
	require.Zero(t, w.left(t))
}

func TestAReplayInVainSaysSoAndFails(t *testing.T) {
	t.Parallel()
	w := newDeadWorld(t)
	r, err := w.store.Receive(t.Context(), item.Arrival{
		Source: item.FromWebhook, Environment: "sandbox", Code: "unknown", DeliveryKey: []byte("unread"), RawSealed: []byte("sealed"), Dead: "it is not understood",
	})
	require.NoError(t, err)
	err = w.does(t, fmt.Sprint("replay ", r.RowID))
	require.ErrorContains(t, err, "1 of 1 still dead")
	require.NotErrorIs(t, err, errUsage)
	require.Contains(t, w.out.String(), fmt.Sprintf("%d is dead still: replayed in vain: its body cannot be opened", r.RowID))
}

func TestWrongUsageOfDeadLettersIsNamed(t *testing.T) {
	t.Parallel()
	for line, names := range map[string]string{
		"":                            "wants list",
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
		_, err := parseDeadOrder(strings.Fields(line))
		require.ErrorIs(t, err, errUsage, line)
		require.ErrorContains(t, err, names, line)
	}
}
