package people

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/tasks"
)

func TestTasks_areListedAndEnded(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	enrolBlueBottle(t, store)
	require.NoError(t, store.OpenTask(t.Context(), tasks.Task{
		Key: "item/itm_1", Kind: tasks.Escalated, ItemID: "itm_1", Why: "the ladder is over",
	}))
	require.NoError(t, store.OpenTask(t.Context(), tasks.Task{Key: "mass_break/all/", Kind: tasks.MassBreak, Why: "200 Items broke"}))

	d := &shell{records: store}
	require.NoError(t, d.types(t, "items list --needs-person"))
	lines := strings.Split(d.out.String(), "\n")
	for i, want := range [][]string{
		{"TASK", "KIND", "SINCE", "WHY", "ITEM"},
		{"escalated", "Blue Bottle", "Tartan Bank", "connected", "the ladder is over", "itm_1"},
		{"mass_break", "many", "200 Items broke"},
	} {
		for _, word := range want {
			require.Contains(t, lines[i], word)
		}
	}
	require.NoError(t, d.types(t, "items list --needs-person --json"))
	var first tasks.Listed
	require.NoError(t, json.NewDecoder(&d.out).Decode(&first))
	require.Equal(t, "Blue Bottle", first.Item.BusinessName)

	err := d.types(t, fmt.Sprintf("tasks done %d --by nora 999", first.ID))
	require.ErrorContains(t, err, "1 of 2 tasks are not open")
	require.Equal(t, "1 of 2 done\n", d.out.String())
	require.Contains(t, d.errOut.String(), "999")
	left, err := store.Tasks(t.Context())
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.NoError(t, d.types(t, fmt.Sprintf("tasks done --json %d", left[0].ID)))
	require.JSONEq(t, `{"named":1,"done":1}`, d.out.String())
}

func TestTasks_namesWrongUsage(t *testing.T) {
	t.Parallel()
	refuses(t, map[string]string{
		"tasks": "wants done", "tasks list": `has no "list"; it has done`, "tasks done": "numbers", "tasks done first": `"first"`,
		"tasks done 1 --all": "all",
	})
}
