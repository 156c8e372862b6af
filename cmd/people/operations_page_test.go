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

// operationsPage reads docs/operations.md, which names our commands and queries.
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

func TestOperationsPage_hasEveryCommandForTemporalsCLI(t *testing.T) {
	t.Parallel()
	page := operationsPage(t)
	require.Contains(t, page, "--name "+workflows.SignalOperator)
	require.Contains(t, page, workflows.ID("production", "ITEM_ID"))
	require.Contains(t, page, workflows.ReconcileID("production"))
	given := map[item.Command]bool{}
	for _, text := range regexp.MustCompile(`\{"do":[^}]*\}`).FindAllString(page, -1) {
		var c item.OperatorCommand
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		require.Empty(t, c.Wrong(), text)
		given[c.Do] = true
	}
	for _, command := range item.Commands() {
		require.True(t, given[command], command)
	}
	for _, v := range itemVerbs {
		require.Contains(t, page, "`relink items "+string(v.do)+" ITEM_ID")
	}
}
