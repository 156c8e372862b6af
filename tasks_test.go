package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestWhatNeedsAPersonIsListedAndEnded(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	_, err := store.Enrol(t.Context(), item.Enrolment{
		Card:     item.Card{ID: "itm_1", Environment: "sandbox", InstitutionID: "ins_3", Institution: "Tartan Bank"},
		Merchant: item.Merchant{ID: "m_1", BusinessName: "Blue Bottle", Email: "a@example.com", TimeZone: "UTC", Locale: "en-US"},
		Token:    item.Sealed{Ciphertext: []byte("sealed")}, At: noon,
	})
	require.NoError(t, err)
	require.NoError(t, store.OpenTask(t.Context(), item.Task{Key: "item/itm_1", Kind: item.TaskEscalated, ItemID: "itm_1", Why: "the ladder is over"}))
	require.NoError(t, store.OpenTask(t.Context(), item.Task{Key: "mass_break/all/", Kind: item.TaskMassBreak, Why: "200 Items broke"}))

	var out bytes.Buffer
	require.NoError(t, listTasks(t.Context(), store, &out, false))
	lines := strings.Split(out.String(), "\n")
	for i, want := range [][]string{
		{"TASK", "KIND", "SINCE", "WHY", "ITEM"},
		{"escalated", "Blue Bottle", "Tartan Bank", "connected", "the ladder is over", "itm_1"},
		{"mass_break", "many", "200 Items broke"},
	} {
		for _, word := range want {
			require.Contains(t, lines[i], word)
		}
	}
	out.Reset()
	require.NoError(t, listTasks(t.Context(), store, &out, true))
	var first item.ListedTask
	require.NoError(t, json.NewDecoder(&out).Decode(&first))
	require.Equal(t, "Blue Bottle", first.Card.BusinessName)

	s, said, ask := at()
	ids, err := parseTasksDone(&s, []string{fmt.Sprint(first.ID), "--by", "nora", "999"})
	require.NoError(t, err)
	require.Equal(t, "nora", s.by)
	err = s.tasksDone(t.Context(), store, ids)
	require.ErrorContains(t, err, "1 of 2 tasks are not open")
	require.Equal(t, "1 of 2 done\n", said.String())
	require.Contains(t, ask.String(), "999")
	left, err := store.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestWrongUsageOfTasksIsNamed(t *testing.T) {
	t.Parallel()
	for line, names := range map[string]string{
		"": "wants done", "list": "wants done", "done": "numbers", "done first": `"first"`, "done 1 --all": "all",
	} {
		err := runTasks(t.Context(), strings.Fields(line))
		require.ErrorIs(t, err, errUsage, line)
		require.ErrorContains(t, err, names, line)
	}
}
