package people

import (
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/workflows"
)

// operationsPage reads docs/operations.md, which names our orders and queries.
func operationsPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	return string(page)
}

func TestOperationsPage_queriesAreOfRunningItemsAndOfAttributesThatThereAre(t *testing.T) {
	t.Parallel()
	links := regexp.MustCompile(`\]\((http://[^)]+/workflows\?query=[^)]+)\) \| `+"`([^`]+)`").FindAllStringSubmatch(operationsPage(t), -1)
	require.GreaterOrEqual(t, len(links), 6)
	known := workflows.SearchAttributes()
	for _, l := range links {
		u, err := url.Parse(l[1])
		require.NoError(t, err)
		query := u.Query().Get("query")
		require.Equal(t, l[2], query, "the link asks what it says")
		require.Contains(t, query, "ExecutionStatus = 'Running'")
		require.Contains(t, query, "WorkflowType = '"+workflows.TypeItem+"'")
		for _, name := range regexp.MustCompile(`Relink\w+`).FindAllString(query, -1) {
			require.Contains(t, known, name)
		}
	}
}

func TestOperationsPage_hasEveryOrderAsTemporalsCLIGivesIt(t *testing.T) {
	t.Parallel()
	page := operationsPage(t)
	require.Contains(t, page, "--name "+workflows.SignalOperator)
	require.Contains(t, page, workflows.ID("production", "ITEM_ID"))
	require.Contains(t, page, workflows.ReconcileID("production"))
	given := map[item.Command]bool{}
	for _, text := range regexp.MustCompile(`\{"do":[^}]*\}`).FindAllString(page, -1) {
		var o item.OperatorCommand
		require.NoError(t, json.Unmarshal([]byte(text), &o))
		require.Empty(t, o.Wrong(), text)
		given[o.Do] = true
	}
	for _, act := range item.Commands() {
		require.True(t, given[act], act)
	}
	for _, v := range orderVerbs {
		require.Contains(t, page, "`relink items "+string(v.act)+" ITEM_ID")
	}
}
