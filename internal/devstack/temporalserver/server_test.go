package temporalserver_test

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"relink/internal/devstack/proc"
	"relink/internal/devstack/temporalserver"
)

func TestStart_twoServersRunSideBySideWithTheirUI(t *testing.T) {
	t.Parallel()
	var servers [2]*temporalserver.Server
	errs := make(chan error, len(servers))
	for i := range servers {
		go func() {
			var err error
			servers[i], err = temporalserver.Start(t.Context(), temporalserver.Options{})
			errs <- err
		}()
	}
	require.NoError(t, errors.Join(<-errs, <-errs))
	require.NotEqual(t, servers[0].Address(), servers[1].Address())
	for _, s := range servers {
		require.Eventually(t, func() bool {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.UIURL(), http.NoBody)
			require.NoError(t, err)
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return false
			}
			defer http.DefaultClient.CloseIdleConnections()
			return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
		}, 5*time.Second, 20*time.Millisecond)
		_, err := dial(t, s).CheckHealth(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, s.Stop(t.Context()))
		require.NoError(t, s.Err())
	}
}

func TestStart_onTheSameFileKeepsWorkflowsAndLearnsNewSearchAttributes(t *testing.T) {
	t.Parallel()
	o := temporalserver.Options{
		DBFile: filepath.Join(t.TempDir(), "made", "temporal.db"), UIPort: temporalserver.Headless,
		SearchAttributes: map[string]string{"RelinkState": "Keyword"},
	}
	first := start(t, o)
	require.Empty(t, first.UIURL())
	run, err := dial(t, first).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "kept", TaskQueue: "nobody-works-here",
		TypedSearchAttributes: temporal.NewSearchAttributes(temporal.NewSearchAttributeKeyKeyword("RelinkState").ValueSet("connected")),
	}, "Item")
	require.NoError(t, err)
	require.NoError(t, first.Stop(t.Context()))

	o.Port = first.Port
	o.SearchAttributes = map[string]string{"RelinkState": "Keyword", "RelinkBrokenSince": "Datetime", "RelinkReminders": "Int"}
	second := start(t, o)
	require.Equal(t, first.Address(), second.Address())
	requireKept(t, second, run.GetRunID())
	known, err := dial(t, second).OperatorService().ListSearchAttributes(t.Context(),
		&operatorservice.ListSearchAttributesRequest{Namespace: second.Namespace})
	require.NoError(t, err)
	require.Subset(t, known.GetCustomAttributes(), map[string]enums.IndexedValueType{
		"RelinkState":       enums.INDEXED_VALUE_TYPE_KEYWORD,
		"RelinkBrokenSince": enums.INDEXED_VALUE_TYPE_DATETIME,
		"RelinkReminders":   enums.INDEXED_VALUE_TYPE_INT,
	})
	second.Kill() // a crash, not a stop

	requireKept(t, start(t, o), run.GetRunID())
	require.Empty(t, glob(t, o.DBFile+".incomplete-*"))
}

func requireKept(t *testing.T, s *temporalserver.Server, runID string) {
	t.Helper()
	found, err := dial(t, s).DescribeWorkflowExecution(t.Context(), "kept", "")
	require.NoError(t, err)
	info := found.GetWorkflowExecutionInfo()
	require.Equal(t, runID, info.GetExecution().GetRunId())
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, info.GetStatus())
	require.Equal(t, `"connected"`, string(info.GetSearchAttributes().GetIndexedFields()["RelinkState"].GetData()))
}

func TestServer_endsWithAKilledParentAndFreesItsFile(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "temporal.db")
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(parent.Environ(), helperVar+"="+db)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	pid, err := strconv.Atoi(lines.Text())
	require.NoError(t, err)
	server, err := proc.Identify(pid)
	require.NoError(t, err)

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	start(t, temporalserver.Options{DBFile: db, UIPort: temporalserver.Headless}) // at once: it waits for the old one
	require.False(t, server.Alive())
}

func TestStart_setsAHalfMadeFileAside(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "temporal.db")
	require.NoError(t, os.WriteFile(db, nil, 0o600))
	var said []string
	start(t, temporalserver.Options{
		DBFile: db, UIPort: temporalserver.Headless, Progress: func(line string) { said = append(said, line) },
	})
	aside := glob(t, db+".incomplete-*")
	require.Len(t, aside, 1)
	require.Len(t, said, 1)
	require.Contains(t, said[0], aside[0])
}

func TestStart_saysWhyTheServerCannotStart(t *testing.T) {
	t.Parallel()
	taken := start(t, temporalserver.Options{UIPort: temporalserver.Headless}).Port

	for why, o := range map[string]temporalserver.Options{
		"is taken":                    {Port: taken, UIPort: temporalserver.Headless},
		"can't set UI port":           {UIPort: taken},
		"invalid dynamic config":      {DynamicConfig: map[string]string{"limit.historyCount.suggestContinueAsNew": "{"}},
		`the unknown type "Sentence"`: {SearchAttributes: map[string]string{"RelinkName": "Sentence"}},
	} {
		_, err := temporalserver.Start(t.Context(), o)
		require.ErrorContains(t, err, why)
	}
}

func TestStart_refusesASearchAttributeOfAnotherType(t *testing.T) {
	t.Parallel()
	o := temporalserver.Options{
		DBFile: filepath.Join(t.TempDir(), "temporal.db"), UIPort: temporalserver.Headless,
		SearchAttributes: map[string]string{"RelinkReminders": "Int"},
	}
	require.NoError(t, start(t, o).Stop(t.Context()))
	o.SearchAttributes = map[string]string{"RelinkReminders": "Keyword"}
	_, err := temporalserver.Start(t.Context(), o)
	require.ErrorContains(t, err, "RelinkReminders is Int, not Keyword")
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	return paths
}
