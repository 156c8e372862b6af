package cmd

import (
	"encoding/json"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

func TestVersion_saysWhatTheBinaryIsMadeOf(t *testing.T) {
	t.Parallel()
	code, out, errOut := relink(t, "version")
	require.Equal(t, exitDone, code)
	require.Empty(t, errOut)
	for _, name := range []string{"commit", "built", "Go", "Temporal SDK", "Plaid API"} {
		require.Contains(t, out, name)
	}
	code, out, _ = relink(t, "version", "--json")
	require.Equal(t, exitDone, code)
	var v version
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	require.NotEmpty(t, v.Commit)
	require.Equal(t, runtime.Version(), v.Go)
	require.Equal(t, temporal.SDKVersion, v.TemporalSDK)
	require.Regexp(t, `^\d{4}-\d\d-\d\d$`, v.PlaidAPI, "Plaid names versions by dates")
	require.NotEmpty(t, v.PlaidGo)
}

func TestVersion_theBuildsOwnWordGoesBeforeTheCheckouts(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{GoVersion: "go1.26.8", Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "c0ffee"}, {Key: "vcs.time", Value: "2026-11-22T12:00:00Z"}, {Key: "vcs.modified", Value: "true"},
	}, Deps: []*debug.Module{{Path: "github.com/plaid/plaid-go/v29", Version: "v29.0.0"}}}
	var v version
	v.read(info)
	require.Equal(t, version{Commit: "c0ffee", Modified: true, CommittedAt: "2026-11-22T12:00:00Z", Go: "go1.26.8", PlaidGo: "v29.0.0"}, v)
	v = version{Commit: "f00d"}
	v.read(info)
	require.Equal(t, "f00d", v.Commit)
}

func TestVersion_buildsSetVariablesThatThereAre(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("version.go")
	require.NoError(t, err)
	for file, needs := range map[string][]string{"../Makefile": {"builtAt"}, "../Dockerfile": {"builtAt", "commit"}} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var set []string
		for _, m := range regexp.MustCompile(`-X relink/cmd\.(\w+)=`).FindAllStringSubmatch(string(text), -1) {
			set = append(set, m[1])
		}
		require.ElementsMatch(t, needs, set, file)
		for _, name := range set {
			require.Regexp(t, `(?m)^var .*\b`+name+`\b.* string$`, strings.TrimSpace(string(source)), file)
		}
	}
}
